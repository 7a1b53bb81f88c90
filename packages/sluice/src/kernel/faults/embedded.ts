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
  ADDRESS_UNUSABLE: {
    http: 503,
    recovery: 'caller',
    says: '{what} cannot listen on {address}: {problem}.',
    fix: 'Choose another address with {setting}.',
  },
  LEFTOVER_SURVIVES: {
    http: 503,
    recovery: 'caller',
    says: '{part} of an earlier run (process {pid}) still runs and cannot be ended.',
    fix: 'End process {pid} by hand and start again.',
  },
  PART_NOT_STARTED: {
    http: 503,
    recovery: 'caller',
    says: '{part} could not be started: {problem}.',
    fix: 'Read what it printed; `sluice doctor` checks the installation.',
  },
  PART_GIVEN_UP: {
    http: 503,
    recovery: 'caller',
    says: '{part} ended {attempts} times in a row and is not started any more.',
    fix: 'Read what it printed, mend the cause and start Sluice again.',
  },
  POSTGRES_MISSING: {
    http: 503,
    recovery: 'caller',
    says: 'There is no PostgreSQL here: npm has none that runs on {platform}, and none is on the path.',
    fix: 'Install PostgreSQL {oldestMajor} or newer, or name one that runs elsewhere with database.url.',
  },
  ROOT_CANNOT_SHARE: {
    http: 503,
    recovery: 'caller',
    says: 'PostgreSQL refuses to run as root, and the user it runs as instead cannot enter {folder}.',
    fix: 'Run Sluice as an ordinary user, or keep it and --dir in folders that everybody may enter.',
  },
  DATA_OF_OTHER_VERSION: {
    http: 503,
    recovery: 'caller',
    says: 'PostgreSQL {found} made the data in {directory}; the one here is {wanted}.',
    fix: 'Start with PostgreSQL {found} on the path, or choose another directory with --dir.',
  },
})
