/**
 * The page at `/debug/pprof/`: which profiles there are, and what each costs. Pure function; holds nothing, and nothing of any client is in it.
 */

export interface ListedProfile {
  /** Behind `/debug/pprof/`. */
  readonly name: string
  readonly about: string
  readonly cost: string
}

export function indexPage(profiles: readonly ListedProfile[]): string {
  const rows = profiles.map(
    ({ name, about, cost }) =>
      // Relative, so that it leads to the same place behind a prefix.
      `<tr><td><a href="${name}">${name}</a></td><td>${marked(about)}</td><td>${marked(cost)}</td></tr>`,
  )
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title>/debug/pprof/</title></head><body>',
    '<h1>/debug/pprof/</h1>',
    '<p>For <code>go tool pprof http://HOST:PORT/debug/pprof/heap</code> and whatever else reads pprof.</p>',
    '<table border="1" cellpadding="6">',
    '<tr><th>profile</th><th>what it shows</th><th>what it costs</th></tr>',
    ...rows,
    '</table></body></html>',
    '',
  ].join('\n')
}

function marked(text: string): string {
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return plain.replace(/`([^`]*)`/g, '<code>$1</code>')
}
