/** Faults of the REST API and the command line. */
import { defineFaults } from './define.ts'

export const apiFaults = defineFaults({
  REQUEST_INVALID: {
    http: 400,
    recovery: 'caller',
    says: '{field}: {problem}.',
    fix: 'Change the request and send it again.',
  },
  UNAUTHENTICATED: {
    http: 401,
    recovery: 'caller',
    says: 'This needs a key.',
    fix: 'Send `Authorization: Bearer <key>`; on this machine the key is in {keyFile}.',
  },
  FORBIDDEN: {
    http: 403,
    recovery: 'caller',
    says: 'You may not {action} {resource}.',
    fix: 'Ask an administrator for the permission {permission}.',
  },
  NOT_FOUND: {
    http: 404,
    recovery: 'caller',
    says: 'There is no {kind} named {name}.',
    fix: 'List what exists and use one of those names.',
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
})
