/** `COPY … FROM STDIN` through pg-copy-streams: one text, one promise. The only place that knows that library. */
import { finished } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

/** Sends rows in `COPY`'s text format; resolves when the server has taken them (inside its transaction). */
export const copyText = async (
  client: pg.PoolClient,
  statement: string,
  text: string | Uint8Array,
): Promise<void> => {
  const stream = client.query(copyFrom(statement))
  stream.end(typeof text === 'string' ? Buffer.from(text) : text)
  await finished(stream)
}
