/** Faults of the configuration file. What the linter finds is told as findings with a place; see config/findings.ts. */
import { defineFaults } from './define.ts'

export const configFaults = defineFaults({
  CONFIG_FILE_MISSING: {
    http: 400,
    recovery: 'caller',
    says: 'The configuration file {file} cannot be read: {problem}.',
    fix: 'Check the path, or run without a file for the built-in quickstart.',
  },
  CONFIG_INVALID: {
    http: 422,
    recovery: 'caller',
    says: 'The configuration has {problems}.',
    fix: 'Mend what is listed; `sluice lint` checks again.',
  },
  CONFIG_FILE_FIXED: {
    http: 409,
    recovery: 'caller',
    says: 'The configuration cannot be changed here: {problem}.',
    fix: '{fix}',
  },
  EXPRESSION_INVALID: {
    http: 422,
    recovery: 'caller',
    says: 'The expression is wrong at column {column}: {problem}.',
    fix: '{hint}',
  },
})
