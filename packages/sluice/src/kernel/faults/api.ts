/** Faults of the REST API. */
import { defineFaults } from './define.ts'

export const apiFaults = defineFaults({
  REQUEST_INVALID: {
    http: 400,
    recovery: 'caller',
    says: '{field}: {problem}.',
    fix: 'Change the request and send it again.',
  },
  JSON_INVALID: {
    http: 400,
    recovery: 'caller',
    says: 'The body cannot be read as JSON: {problem}.',
    fix: 'Send one JSON document in UTF-8.',
  },
  JSON_TOO_DEEP: {
    http: 400,
    recovery: 'caller',
    says: 'The body is nested deeper than {depthMax} levels.',
    fix: 'Send a flatter document.',
  },
  UNAUTHENTICATED: {
    http: 401,
    recovery: 'caller',
    says: 'This needs a key.',
    fix: 'Sign in with the link that `sluice signin` shows, or send `Authorization: Bearer <key>`; on this machine the key is in {keyFile}.',
  },
  FORBIDDEN: {
    http: 403,
    recovery: 'caller',
    says: 'You may not {action} {resource}.',
    fix: 'Ask an administrator for the permission {permission}.',
  },
  ORIGIN_REFUSED: {
    http: 403,
    recovery: 'caller',
    says: 'A page from {origin} may not use this server.',
    fix: 'Open the page from this server itself, or add its origin to the allowed origins.',
  },
  SIGN_IN_REFUSED: {
    http: 403,
    recovery: 'caller',
    says: 'This link does not sign in: it was used, it is older than {minutes} minutes, or it is not whole.',
    fix: 'Get a fresh one with `sluice signin`, in the folder where Sluice was started.',
  },
  CSRF_REFUSED: {
    http: 403,
    recovery: 'caller',
    says: 'This call came with a session, but without its token.',
    fix: 'Send the csrf_token of GET /api/session in the header x-csrf-token.',
  },
  NOT_FOUND: {
    http: 404,
    recovery: 'caller',
    says: 'There is no {kind} named {name}.',
    fix: 'List what exists and use one of those names.',
  },
  MESSAGE_UNKNOWN: {
    http: 404,
    recovery: 'caller',
    says: 'Topic {topic} has no message at {partition}/{offset}; partition {partition} keeps offsets from {earliest} to before {latest}.',
    fix: 'Choose an offset in between; one that is missing there was compacted away or is a mark of a transaction.',
  },
  ROUTE_UNKNOWN: {
    http: 404,
    recovery: 'caller',
    says: 'This server has no {method} {path}.',
    fix: 'GET /openapi.json lists every address.',
  },
  METHOD_NOT_ALLOWED: {
    http: 405,
    recovery: 'caller',
    says: '{path} does not take {method}.',
    fix: 'Use {allowed}.',
  },
  CONFLICT: {
    http: 409,
    recovery: 'caller',
    says: '{what} {problem}.',
    fix: 'Look at the present state and decide anew.',
  },
  BODY_TOO_LARGE: {
    http: 413,
    recovery: 'caller',
    says: 'The body has {bytes} bytes; at most {bytesMax} are allowed.',
    fix: 'Send it in smaller pieces.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    http: 415,
    recovery: 'caller',
    says: 'A body of type {type} is not taken here.',
    fix: 'Send {wanted}.',
  },
  HOST_REFUSED: {
    http: 421,
    recovery: 'caller',
    says: 'This server does not go by the name {host}.',
    fix: 'Use {expected}, or add the name to the allowed hosts.',
  },
  UPGRADE_REQUIRED: {
    http: 426,
    recovery: 'caller',
    says: '{path} is a WebSocket.',
    fix: 'Connect to it with a WebSocket client, or ask the addresses that its channels mirror.',
  },
  TOO_BUSY: {
    http: 429,
    recovery: 'retry',
    says: '{what} is at its limit of {limit}.',
    fix: 'Wait {retryAfterSeconds} s and try again.',
  },
  INTERNAL: {
    http: 500,
    recovery: 'retry',
    says: 'Something failed inside Sluice; nothing that was acknowledged is lost.',
    fix: 'Look for request {requestId} in the log.',
  },
  UNAVAILABLE: {
    http: 503,
    recovery: 'retry',
    says: '{what} cannot be reached: {problem}.',
    fix: 'Sluice goes on trying; check that it runs and that the address is right.',
  },
  SHUTTING_DOWN: {
    http: 503,
    recovery: 'retry',
    says: 'This server is about to stop.',
    fix: 'Try again in a moment, or ask another server.',
  },
  LISTEN_REFUSED: {
    http: 400,
    recovery: 'caller',
    says: 'Sluice does not listen on {address}, where other machines could reach it without TLS.',
    fix: 'Listen on 127.0.0.1, or say that this is meant: http.allow_remote in the file, or --allow-remote.',
  },
  ADMIN_KEY_UNUSABLE: {
    http: 500,
    recovery: 'caller',
    says: 'The key file {file} cannot be used: {problem}.',
    fix: 'Make it readable for this user alone, or remove it and let Sluice make a new one at its next start.',
  },
})
