/** Fields of parsed bodies, for options that name one: the key, the event time. Own properties only. */

const ownField = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null && Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined

/** A field by its name, else by its dotted path; undefined where there is none. */
export const fieldOf = (body: unknown, name: string): unknown => {
  const own = ownField(body, name)
  if (own !== undefined || !name.includes('.')) return own
  return name.split('.').reduce(ownField, body)
}

/** A value as the text of a key; null where there is none. */
export const keyTextOf = (value: unknown): string | null => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return value === null || value === undefined ? null : JSON.stringify(value)
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
