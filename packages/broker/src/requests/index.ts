/**
 * Every request this broker answers. ApiVersions is computed from this list: one line here makes a request served.
 */
import type { RequestDefinition } from './define.ts'

export const requests: readonly RequestDefinition[] = []
