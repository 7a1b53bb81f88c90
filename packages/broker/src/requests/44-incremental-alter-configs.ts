/**
 * IncrementalAlterConfigs (key 44, v0-v1): sets, deletes, appends to or subtracts from single settings of topics
 * (KIP-339).
 *
 * - A resource changes whole or not at all; one refusal never spoils the others.
 * - A deleted setting goes back to its default. Only lists can be appended to and subtracted from.
 */
import { IncrementalAlterConfigs } from 'sluice-kafka-protocol'
import { alterResource, namedTwice, twiceRefusal } from './alter-resource.ts'
import { defineRequest } from './define.ts'

export const incrementalAlterConfigs = defineRequest(IncrementalAlterConfigs, async (request, { broker }) => {
  const twice = namedTwice(request.resources)
  const responses = request.resources.map(async (resource) => {
    const { resourceType, resourceName, configs } = resource
    const { validateOnly } = request
    const change = { resourceType, resourceName, changes: configs, replacesAll: false, validateOnly }
    const outcome = twice.has(resource) ? twiceRefusal : await alterResource(broker, change)
    return { resourceType, resourceName, ...outcome }
  })
  return { responses: await Promise.all(responses) }
})
