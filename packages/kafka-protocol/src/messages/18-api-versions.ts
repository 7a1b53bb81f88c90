/**
 * ApiVersions (key 18, v0-v4): which requests the broker answers, and in which versions.
 *
 * - An unknown version is answered as v0 with UNSUPPORTED_VERSION (35) and the range of this very request (KIP-511).
 * - The response header never has tagged fields (see frames.ts). v3 is the first flexible version; v4 lets features start
 *   at version 0.
 */
import { message } from '../codec/message.ts'
import { array, bool, int16, int32, int64, since, string, struct, tagged } from '../codec/shapes.ts'

export const ApiVersions = message({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexibleSince: 3,
  request: struct({
    clientSoftwareName: since(3, string, ''),
    clientSoftwareVersion: since(3, string, ''),
  }),
  response: struct({
    errorCode: int16,
    apiKeys: array(struct({ apiKey: int16, minVersion: int16, maxVersion: int16 })),
    throttleTimeMs: since(1, int32, 0),
    supportedFeatures: tagged(0, 3, array(struct({ name: string, minVersion: int16, maxVersion: int16 }))),
    finalizedFeaturesEpoch: tagged(1, 3, int64, -1n),
    finalizedFeatures: tagged(
      2,
      3,
      array(struct({ name: string, maxVersionLevel: int16, minVersionLevel: int16 })),
    ),
    zkMigrationReady: tagged(3, 3, bool, false),
  }),
})
