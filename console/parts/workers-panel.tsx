/** The workers of a supervisor: who serves, with how many, and how full their heaps are. */
import type { Look, SupervisorLook } from '../../src/ops/live/wire.ts'
import { bytes, count, duration, percent } from '../format.ts'
import { Panel } from './panel.tsx'

interface WorkersPanelProps {
  readonly look: Look
  readonly supervisor: SupervisorLook
}

export function WorkersPanel({ look, supervisor }: WorkersPanelProps) {
  const problems = look.processes.filter(({ problem }) => problem !== null)
  return (
    <Panel id="workers" title="Workers" note={`generation ${supervisor.generation}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on a narrow screen, and a keyboard has to reach that */}
      <section class="scroll" tabIndex={0} aria-label="Workers">
        <table>
          <thead>
            <tr>
              <th scope="col">Worker</th>
              <th scope="col">state</th>
              <th scope="col" class="number">
                open
              </th>
              <th scope="col" class="number">
                RSS
              </th>
              <th scope="col" class="number">
                heap
              </th>
              <th scope="col" class="number">
                age
              </th>
            </tr>
          </thead>
          <tbody>
            {supervisor.workers.map((worker) => (
              <tr key={worker.pid}>
                <th scope="row">
                  {worker.slot} <span class="quiet">pid {worker.pid}</span>
                </th>
                <td>
                  {worker.state} <span class="quiet">gen {worker.generation}</span>
                </td>
                <td class="number">{count(worker.connections)}</td>
                <td class="number">{bytes(worker.rssBytes)}</td>
                <td class="number">
                  {bytes(worker.heapUsedBytes)}{' '}
                  <span class="quiet">
                    {worker.heapLimitBytes > 0 ? percent(worker.heapUsedBytes / worker.heapLimitBytes) : ''}
                  </span>
                </td>
                <td class="number">{duration(worker.ageMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {problems.map(({ slot, problem }) => (
        <p class="verdict bad" key={slot}>
          <b>Worker {slot}</b>: {problem}
        </p>
      ))}
      {supervisor.givenUp.map(({ slot, reason }) => (
        <p class="verdict bad" key={slot}>
          <b>Worker {slot} is not started any more:</b> {reason}
        </p>
      ))}
    </Panel>
  )
}
