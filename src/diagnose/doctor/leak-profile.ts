/**
 * A finding as a profile: the stack of each sample is the path on which objects are held, so `go tool pprof` adds up what holds what.
 * Pure function; holds nothing.
 */

import type { Frame, PlainProfile } from '../pprof/plain-profile.ts'
import type { Step } from '../snapshot/cause.ts'
import type { Finding, ToldCause } from './finding.ts'

export function leakProfile(finding: Finding, wallMs: number): PlainProfile {
  const grown = (finding.growing ?? []).map(({ cause }) => sample(cause, {}))
  const held = finding.held.flatMap(({ kind, route, causes }) => causes.map((cause) => sample(cause, { kind, route })))
  return {
    sampleTypes: [
      { type: 'retained_objects', unit: 'count' },
      { type: 'retained_space', unit: 'bytes' },
    ],
    defaultType: 'retained_space',
    ...{ periodType: { type: 'space', unit: 'bytes' }, period: 1 },
    ...{ wallMs, durationMs: 0 },
    comments: [finding.sentence],
    samples: [...grown, ...held],
  }
}

function sample({ path, count, bytes, holder }: ToldCause, labels: Readonly<Record<string, string>>) {
  const all = { ...labels, holder: holder.name }
  return {
    // The leaf first: what is held.
    stack: [...path].reverse().map(frame),
    values: [count, bytes],
    labels: Object.fromEntries(Object.entries(all).filter(([, said]) => said !== '')),
  }
}

function frame({ text, place }: Step): Frame {
  // The place has columns of its own; pprof strips what stands between < and >.
  const name = text
    .replace(/ \([^()]*:\d+\)$/, '')
    .replaceAll('<', '(')
    .replaceAll('>', ')')
  return { name, file: place?.file ?? '', line: place?.line ?? 0 }
}
