/**
 * Ctrl/Cmd-K: goes to any page, topic, pipeline or group by a few letters of its name, and to a message by its place as
 * the inspector writes it (`topic/partition/offset`).
 */
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { useAnswer } from '../client/queries.ts'
import { useGoTo } from '../parts/address.adapter.ts'
import { Floating } from '../parts/dialog.tsx'
import { Icon, type IconName } from '../parts/icon.tsx'
import { pages } from '../routes/index.ts'
import { rank } from './rank.ts'

interface Target {
  readonly name: string
  readonly kind: string
  readonly icon: IconName
  readonly to: string
  readonly params: Readonly<Record<string, string>>
}

const shownMax = 30

const hasPage = (path: string): boolean => pages.some((page) => page.path === path)

const pageTargets: readonly Target[] = pages
  .filter(({ path, bare }) => bare !== true && !path.includes('$'))
  .map(({ title, icon, path }) => ({ name: title, kind: 'Page', icon, to: path, params: {} }))

const useTargets = (): readonly Target[] => {
  const topics = useAnswer('topics', 'list')
  const pipelines = useAnswer('pipelines', 'list')
  const groups = useAnswer('groups', 'list')
  return useMemo(() => {
    const named = (names: readonly string[], kind: string, icon: IconName, to: string): Target[] =>
      hasPage(to) ? names.map((name) => ({ name, kind, icon, to, params: { name } })) : []
    return [
      ...pageTargets,
      ...named(
        (pipelines.data?.data ?? []).map(({ name }) => name),
        'Pipeline',
        'pipelines',
        '/pipelines/$name',
      ),
      ...named(
        (topics.data?.data ?? []).map(({ name }) => name),
        'Topic',
        'topics',
        '/topics/$name',
      ),
      ...named(
        (groups.data?.data ?? []).map(({ name }) => name),
        'Consumer group',
        'consumers',
        '/consumers/$name',
      ),
    ]
  }, [topics.data, pipelines.data, groups.data])
}

/** The message that `orders/2/118398` names. */
const messageTargets = (typed: string): readonly Target[] => {
  const [, name, partition, offset] = /^([\w.-]+)\/(\d{1,9})\/(\d{1,19})$/.exec(typed.trim()) ?? []
  if (name === undefined || partition === undefined || offset === undefined) return []
  return [
    {
      name: typed.trim(),
      kind: 'Message',
      icon: 'explore',
      to: '/topics/$name/messages/$partition/$offset',
      params: { name, partition, offset },
    },
  ]
}

export const Palette = ({ close }: { close: () => void }) => {
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const goTo = useGoTo()
  const list = useRef<HTMLUListElement>(null)
  const id = useId()
  const targets = useTargets()
  const found = useMemo(
    () => [...messageTargets(typed), ...rank(targets, typed, ({ name }) => name)].slice(0, shownMax),
    [targets, typed],
  )
  const chosen = Math.min(at, found.length - 1)
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  const go = (target: Target | undefined): void => {
    if (target === undefined) return
    close()
    goTo(target.to, target.params)
  }
  return (
    <Floating label="Go to" className="dialog palette" close={close}>
      <input
        placeholder="Go to page, topic, pipeline, group, or message (topic/partition/offset)"
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={chosen < 0 ? undefined : `${id}-${chosen}`}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, found.length - 1))
          else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0))
          else if (event.key === 'Enter') go(found[chosen])
          else return
          event.preventDefault()
        }}
      />
      <ul id={id} role="listbox" aria-label="Where to go" ref={list}>
        {found.map((target, index) => (
          <li
            key={`${target.to} ${target.name}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            onMouseMove={() => setAt(index)}
            onClick={() => go(target)}
          >
            <Icon name={target.icon} />
            <b className="clip">{target.name}</b>
            <small>{target.kind}</small>
          </li>
        ))}
        {found.length === 0 ? (
          <li aria-disabled>No page, topic, pipeline or group has such a name.</li>
        ) : null}
      </ul>
    </Floating>
  )
}
