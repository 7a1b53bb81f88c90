/** What this client calls itself (KIP-511), and the version of ApiVersions that says it: brokers refuse an empty version. */
export const apiVersionsVersion = 3

export const clientSoftware = {
  clientSoftwareName: 'sluice-kafka-client',
  clientSoftwareVersion: '0.1.0',
} as const
