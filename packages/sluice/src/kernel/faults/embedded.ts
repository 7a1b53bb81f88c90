/** Faults of the parts that Sluice starts itself: broker, PostgreSQL, processes. */
import { defineFaults } from './define.ts'

export const embeddedFaults = defineFaults({
  PORT_TAKEN: {
    http: 503,
    recovery: 'caller',
    says: 'The address {address} for {what} is already in use.',
    fix: 'End what uses it, or choose another with {setting}.',
  },
  DIRECTORY_IN_USE: {
    http: 503,
    recovery: 'caller',
    says: 'The directory {directory} is used by another Sluice (process {pid}).',
    fix: 'End that one, or choose another directory with --dir.',
  },
})
