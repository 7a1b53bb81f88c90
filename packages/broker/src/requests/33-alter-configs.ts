/**
 * AlterConfigs (key 33, v0-v2): replaces all settings of a topic; what is not named goes back to its default.
 *
 * - Superseded by IncrementalAlterConfigs (KIP-339), but older tools still send it.
 */
import { AlterConfigs } from 'sluice-kafka-protocol'
import { alterResource, namedTwice, twiceRefusal } from './alter-resource.ts'
import { configOperations } from './config-changes.ts'
import { defineRequest } from './define.ts'

export const alterConfigs = defineRequest(AlterConfigs, async (request, { broker }) => {
  const twice = namedTwice(request.resources)
  const responses = request.resources.map(async (resource) => {
    const { resourceType, resourceName, configs } = resource
    const changes = configs.map((config) => ({ ...config, configOperation: configOperations.set }))
    const { validateOnly } = request
    const change = { resourceType, resourceName, changes, replacesAll: true, validateOnly }
    const outcome = twice.has(resource) ? twiceRefusal : await alterResource(broker, change)
    return { resourceType, resourceName, ...outcome }
  })
  return { responses: await Promise.all(responses) }
})
