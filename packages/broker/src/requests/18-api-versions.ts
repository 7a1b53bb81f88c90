/**
 * ApiVersions (key 18, v0-v4): which requests are answered here, in which versions. Computed from the list of requests,
 * never written by hand.
 *
 * - What is advertised may begin before what is served: see Produce.
 */
import { ApiVersions, errorCodes, responseFrame } from 'sluice-kafka-protocol'
import { defineRequest, type RequestDefinition } from './define.ts'

const range = (request: RequestDefinition): { apiKey: number; minVersion: number; maxVersion: number } => ({
  apiKey: request.apiKey,
  minVersion: request.advertisedMin,
  maxVersion: request.versionMax,
})

/** The request for a broker that answers `others` and this one. */
export const apiVersions = (others: readonly RequestDefinition[]): RequestDefinition => {
  const self: RequestDefinition = defineRequest(ApiVersions, () =>
    Promise.resolve({
      errorCode: errorCodes.NONE,
      apiKeys: [...others, self].map(range).toSorted((left, right) => left.apiKey - right.apiKey),
    }),
  )
  return self
}

/** The answer to a version of ApiVersions that is unknown: in v0, with the range that is known (KIP-511). */
export const unsupportedApiVersions = (correlationId: number): Buffer[] =>
  responseFrame(ApiVersions, 0, correlationId, {
    errorCode: errorCodes.UNSUPPORTED_VERSION,
    apiKeys: [
      { apiKey: ApiVersions.key, minVersion: ApiVersions.versionMin, maxVersion: ApiVersions.versionMax },
    ],
  })
