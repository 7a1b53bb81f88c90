/** Tells what is wrong with the filter from what is wrong with the search. */
import { ApiError } from '../../client/api-error.ts'

export const isFilterFault = (error: unknown): boolean =>
  error instanceof ApiError && error.code === 'EXPRESSION_INVALID'
