/** Signing in: a link that works once becomes a session in a cookie that no script can read. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import { permissions } from './permissions.ts'
import { nullable, strict, timestamp } from './schemas.ts'

const session = { kind: 'session', name: null } as const

const permissionNames = Object.keys(permissions)

const state = strict({
  signed_in: Type.Boolean({ description: 'Whether a session or a key came with the call, and holds.' }),
  principal: strict({
    name: Type.String({ description: 'As the audit log names it.' }),
    kind: Type.Union([Type.Literal('admin'), Type.Literal('anonymous')]),
  }),
  permissions: Type.Array(Type.String(), {
    description: `What this caller may do: of ${permissionNames.map((name) => `\`${name}\``).join(', ')}.`,
  }),
  anonymous: Type.Union([Type.Literal('none'), Type.Literal('read')], {
    description: 'What somebody who is not signed in may do: `http.anonymous` of the configuration.',
  }),
  csrf_token: nullable(
    Type.String(),
    'Send it as the header `x-csrf-token` of every call that changes something; null without a session.',
  ),
  expires_at: nullable(timestamp, 'When the session ends unless it is used before; null without a session.'),
  environment: strict({
    name: Type.String({ description: 'The namespace of the configuration.' }),
    kafka: nullable(Type.String(), '`embedded`, or addresses of brokers; null for who may not know.'),
    database: nullable(Type.String(), '`embedded`, or the host; null for who may not know.'),
    version: Type.String({ description: 'Version of Sluice.' }),
  }),
})

export const sessionResource = defineResource({
  name: 'session',
  summary: 'Signing in and out.',
  endpoints: {
    show: endpoint({
      method: 'GET',
      path: '/api/session',
      summary: 'Say who is signed in, and what they may do',
      description: 'Never fails for want of a session: then nobody is signed in. Using a session keeps it.',
      answer: { kind: 'json', status: 200, schema: state, description: 'Who calls, and what they may do.' },
      permission: null,
      resource: session,
      audit: null,
      open: true,
    }),
    start: endpoint({
      method: 'POST',
      path: '/api/session',
      summary: 'Sign in with the token of a link',
      description:
        'The token is what stands behind the `#` of a link from `sluice signin`; it works once, within ten ' +
        'minutes. The session comes as a cookie (http-only, for this site only). A session that the caller ' +
        'had before ends.',
      body: strict({
        token: Type.String({ minLength: 1, maxLength: 200, description: 'The token of the link.' }),
      }),
      answer: { kind: 'json', status: 200, schema: state, description: 'Signed in.' },
      permission: null,
      resource: session,
      audit: 'session.started',
      open: true,
      limited: true,
      faults: ['SIGN_IN_REFUSED', 'TOO_BUSY'],
    }),
    end: endpoint({
      method: 'DELETE',
      path: '/api/session',
      summary: 'Sign out',
      description: 'Ends the session of the cookie that comes with the call, at once and for good.',
      answer: { kind: 'json', status: 200, schema: state, description: 'Signed out.' },
      permission: 'session:end',
      resource: session,
      audit: 'session.ended',
    }),
    make_link: endpoint({
      method: 'POST',
      path: '/api/session/links',
      summary: 'Make a link that signs in once',
      description:
        'What a person opens in a browser to sign in as who made the link. It works once, within ten minutes. ' +
        'The token stands behind the `#`, which browsers send to nobody and which no log sees.',
      answer: {
        kind: 'json',
        status: 201,
        schema: strict({
          path: Type.String({ description: 'Put the address of this server before it.' }),
          expires_at: timestamp,
        }),
        description: 'The link. Secret.',
      },
      permission: 'session-links:write',
      resource: session,
      audit: 'session.link_made',
    }),
  },
})
