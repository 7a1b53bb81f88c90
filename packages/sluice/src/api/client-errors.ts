/** Answers to what is no HTTP request at all: the parser gives up, so the answer is written by hand and the connection closed. */
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { fault } from '../kernel/faults/index.ts'
import { errorAnswer } from './error-body.ts'

/** What Node's parser says, as people call it. https://nodejs.org/api/http.html#event-clienterror */
const problems: Readonly<Record<string, readonly [status: number, problem: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'its headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'its chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'it did not come within two minutes'],
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '')

/** Tells the client why, where it still listens. */
export const answerClientError = (error: Error, socket: Socket): void => {
  if (codeOf(error) === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, problem] = problems[codeOf(error)] ?? [400, 'it cannot be read as HTTP']
  const { body } = errorAnswer(fault('REQUEST_INVALID', { field: 'request', problem }), {
    requestId: randomUUID(),
    bodyBytesMax: 0,
    contentType: undefined,
    takes: '',
  })
  const text = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}
