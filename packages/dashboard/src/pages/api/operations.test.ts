import { contract } from 'sluice/contract'
import { expect, test } from 'vitest'
import { openApiOf } from '../../../../sluice/src/contract/openapi.ts'
import { curlOf, missingIn, operationsOf, urlOf } from './operations.ts'

const operations = operationsOf(openApiOf(Object.values(contract), '1'))
const find = (id: string) => {
  const found = operations.find((operation) => operation.id === id)
  if (found === undefined) throw new Error(`no operation ${id}`)
  return found
}

test('every entry of the contract is an operation', () => {
  const entries = Object.values(contract).flatMap(({ endpoints }) => Object.keys(endpoints))
  expect(operations.length).toBe(entries.length)
  expect(operations.filter(({ summary, path }) => summary === '' || !path.startsWith('/'))).toEqual([])
})

test('an address has its parameters filled in, and leaves out what is preset', () => {
  const read = find('messages.read')
  expect(missingIn(read, {})).toEqual(['name'])
  expect(urlOf(read, { name: 'a/b', from: 'newest', limit: '5' })).toBe('/api/topics/a%2Fb/messages?limit=5')
})

test('a body begins with what is needed and what is preset', () => {
  expect(JSON.parse(find('pipelines.rewind').body ?? '')).toEqual({
    to: expect.any(String) as string,
    dry_run: true,
  })
  expect(find('topics.list').body).toBeNull()
})

test('what never ends is marked', () => {
  expect(operations.filter(({ endless }) => endless).map(({ id }) => id)).toEqual(['messages.follow'])
})

test('curl takes the key from its file', () => {
  expect(curlOf('POST', '/api/topics', '{\n  "name": "it\'s"\n}', 'http://h')).toBe(
    `curl -X POST -H "Authorization: Bearer $(cat .sluice/admin.key)" \\\n  -H 'content-type: application/json' -d '{ "name": "it'\\''s" }' \\\n  'http://h/api/topics'`,
  )
})
