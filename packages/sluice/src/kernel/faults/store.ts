/** Faults of Sluice's own tables in PostgreSQL. */
import { defineFaults } from './define.ts'

export const storeFaults = defineFaults({
  SCHEMA_TOO_OLD: {
    http: 503,
    recovery: 'retry',
    says: "The database has version {found} of Sluice's schema; this version needs {known}.",
    fix: 'Start a server of this version (`sluice server` or `sluice up`): it brings the schema up to date.',
  },
  SCHEMA_TOO_NEW: {
    http: 503,
    recovery: 'caller',
    says: "The database has version {found} of Sluice's schema; this version knows only up to {known}.",
    fix: 'Use the newer version of Sluice, or another `namespace`.',
  },
})
