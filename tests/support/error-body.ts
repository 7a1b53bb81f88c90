/** The one shape that every refusal of the API has, checked by hand. */

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const hasExactly = (value: unknown, names: readonly string[]): value is Record<string, unknown> =>
  isRecord(value) && JSON.stringify(Object.keys(value).toSorted()) === JSON.stringify(names)

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''

const isProblem = (value: unknown): boolean =>
  hasExactly(value, ['field', 'problem']) && typeof value['field'] === 'string' && isText(value['problem'])

/** Whether a text is `{error, details: {fix, problems}, code, request_id}` as JSON. */
export const isErrorBody = (text: string): boolean => {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return false
  }
  if (!hasExactly(body, ['code', 'details', 'error', 'request_id'])) return false
  const { code, details, error, request_id: id } = body
  if (![code, error, id].every(isText) || !hasExactly(details, ['fix', 'problems'])) return false
  return isText(details['fix']) && Array.isArray(details['problems']) && details['problems'].every(isProblem)
}
