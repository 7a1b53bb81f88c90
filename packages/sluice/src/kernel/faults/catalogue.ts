/** The whole error catalogue: one list per area, joined here. Docs, API and CLI are read from it. */
import { apiFaults } from './api.ts'
import { cliFaults } from './cli.ts'
import { configFaults } from './config.ts'
import { connectorFaults } from './connectors.ts'
import { deliveryFaults } from './delivery.ts'
import { embeddedFaults } from './embedded.ts'
import { storeFaults } from './store.ts'

export const catalogue = {
  ...apiFaults,
  ...cliFaults,
  ...configFaults,
  ...connectorFaults,
  ...deliveryFaults,
  ...embeddedFaults,
  ...storeFaults,
} as const

export type FaultCode = keyof typeof catalogue
