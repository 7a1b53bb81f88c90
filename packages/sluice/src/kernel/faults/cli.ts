/** Faults of the command line. */
import { defineFaults } from './define.ts'

export const cliFaults = defineFaults({
  USAGE_WRONG: {
    http: 400,
    recovery: 'caller',
    says: '{problem}.',
    fix: '`{help}` shows how it is used.',
  },
  SERVER_UNREACHABLE: {
    http: 503,
    recovery: 'retry',
    says: 'No Sluice answers at {address}: {problem}.',
    fix: 'Start it with `sluice up`, or name its address with --http (SLUICE_HTTP).',
  },
  KEY_MISSING: {
    http: 401,
    recovery: 'caller',
    says: 'There is no key for {address}: {file} cannot be read ({problem}).',
    fix: 'Run this where Sluice was started, name its folder with --dir (SLUICE_DIR), or set SLUICE_KEY.',
  },
  ANSWER_UNEXPECTED: {
    http: 502,
    recovery: 'caller',
    says: '{address} answered {method} {path} with something else than Sluice does: {problem}.',
    fix: 'Check the address, and that server and command line have the same version (`sluice doctor`).',
  },
  INPUT_INVALID: {
    http: 400,
    recovery: 'caller',
    says: '{input}:{line}: {problem}.',
    fix: 'Mend that line; what stands before it was sent ({sent}).',
  },
})
