/** The connections, a page at a time: the server chooses which, so that ten thousand are never asked for at once. */
import { useEffect, useState } from 'preact/hooks'
import type { ConnectionList, Look } from '../../src/ops/live/wire.ts'
import { count, time } from '../format.ts'
import { debugPath, getJson } from '../live/ask.ts'
import { processesOf, serversOf, slotsOf } from '../live/totals.ts'
import { ConnectionsFilter, type Filter } from './connections-filter.tsx'
import { ConnectionsTable } from './connections-table.tsx'
import { Empty } from './empty.tsx'
import { Pager } from './pager.tsx'
import { Panel } from './panel.tsx'

const PAGE = 25
/** A search is asked for when nothing has been typed for so long. */
const TYPING_MS = 250

interface Answered {
  readonly list: ConnectionList | null
  readonly problem: string | null
  readonly at: number
}

export function ConnectionsPanel({ look }: { readonly look: Look }) {
  const servers = serversOf(look)
  const [filter, setFilter] = useState<Filter>({ slot: null, list: 'present', route: '', state: '', search: '' })
  const [offset, setOffset] = useState(0)
  const [asked, setAsked] = useState(0)
  const [{ list, problem, at }, setAnswered] = useState<Answered>({ list: null, problem: null, at: 0 })
  // The first worker, until one is chosen.
  const slot = servers.some((one) => one.slot === filter.slot) ? filter.slot : (servers[0]?.slot ?? null)
  const isThere = servers.length > 0
  const query = queryOf(filter, offset)
  // Another process is there after a reload.
  const pid = processesOf(look).findLast((one) => one.slot === slot)?.value.pid

  // Asked again also when the button says so.
  useEffect(() => {
    if (!isThere) return
    const stop = new AbortController()
    const timer = setTimeout(() => {
      getJson<ConnectionList>(debugPath(slot, `connections?${query}`), stop.signal).then(
        (list) => setAnswered({ list, problem: null, at: Date.now() }),
        (thrown: unknown) => {
          if (!stop.signal.aborted) setAnswered({ list: null, problem: (thrown as Error).message, at: Date.now() })
        },
      )
    }, TYPING_MS)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [slot, pid, query, asked, isThere])

  const rows = list?.[filter.list] ?? []
  const matching = list?.counts.matching[filter.list] ?? 0
  const routes = [...new Set(servers.flatMap(({ value }) => Object.keys(value.ledger.routes)))].sort()
  return (
    <Panel id="connections" title="Each connection" note={at === 0 ? '' : `as of ${time(at)}`} span={12}>
      <ConnectionsFilter
        {...{ filter: { ...filter, slot }, routes, slots: slotsOf(look) }}
        filterOnChange={(changed) => {
          setFilter(changed)
          setOffset(0)
        }}
        filterOnRefresh={() => setAsked(asked + 1)}
      />
      {problem !== null && <p class="verdict bad">{problem}</p>}
      {list !== null && rows.length === 0 && <Empty line="No connection is like that." />}
      {rows.length > 0 && <ConnectionsTable rows={rows} slot={slot} isEnded={filter.list === 'ended'} />}
      <Pager {...{ offset, page: PAGE, matching }} pagerOnTurn={setOffset} />
      {list !== null && filter.list === 'ended' && list.counts.ended > list.counts.endedKept && (
        <p class="line quiet">
          The last {count(list.counts.endedKept)} of {count(list.counts.ended)} that ended are known.
        </p>
      )}
    </Panel>
  )
}

function queryOf({ route, state, search }: Filter, offset: number): string {
  const query = new URLSearchParams({ limit: String(PAGE), offset: String(offset) })
  if (route !== '') query.set('route', route)
  if (state !== '') query.set('state', state)
  if (search !== '') query.set('search', search)
  return query.toString()
}
