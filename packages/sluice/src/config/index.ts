/** The front door of the room: checking a configuration, and telling what is wrong with it. */
export { type Finding, formatFinding } from './findings.ts'
export { lintConfig } from './lint.ts'
