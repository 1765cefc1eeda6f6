/** Which connections are to be shown. */
import { Choice } from './choice.tsx'

export interface Filter {
  /** Of the worker that is asked; null where there is only one process. */
  readonly slot: number | null
  readonly list: 'present' | 'ended'
  readonly route: string
  readonly state: string
  readonly search: string
}

interface ConnectionsFilterProps {
  readonly filter: Filter
  readonly routes: readonly string[]
  readonly slots: readonly number[]
  filterOnChange(filter: Filter): void
  filterOnRefresh(): void
}

const LISTS = [
  ['present', 'here now'],
  ['ended', 'ended lately'],
] as const
const STATES: Readonly<Record<Filter['list'], readonly string[]>> = {
  present: ['open', 'draining', 'closing', 'moving'],
  ended: ['closed', 'moved'],
}
const SEARCH_MAX = 100

export function ConnectionsFilter({ filter, routes, slots, filterOnChange, filterOnRefresh }: ConnectionsFilterProps) {
  const change = (changed: Partial<Filter>): void => filterOnChange({ ...filter, ...changed })
  const any = (names: readonly string[]) => [['', 'any'] as const, ...names.map((name) => [name, name] as const)]
  return (
    <search class="filter">
      <label class="grow">
        <span>Search</span>
        <input
          type="search"
          value={filter.search}
          maxLength={SEARCH_MAX}
          placeholder={filter.list === 'ended' ? 'part of an id, a route, a cause' : 'part of an id or a route'}
          onInput={({ currentTarget }) => change({ search: currentTarget.value })}
        />
      </label>
      <Choice
        label="Show"
        value={filter.list}
        choices={LISTS}
        choiceOnMade={(list) => change({ list: list as Filter['list'], state: '' })}
      />
      <Choice label="Route" value={filter.route} choices={any(routes)} choiceOnMade={(route) => change({ route })} />
      <Choice
        label="State"
        value={filter.state}
        choices={any(STATES[filter.list])}
        choiceOnMade={(state) => change({ state })}
      />
      {slots.length > 0 && (
        <Choice
          label="Worker"
          value={String(filter.slot)}
          choices={slots.map((slot) => [String(slot), String(slot)] as const)}
          choiceOnMade={(slot) => change({ slot: Number(slot) })}
        />
      )}
      <button type="button" onClick={filterOnRefresh}>
        Refresh
      </button>
    </search>
  )
}
