/** In place of a table with nothing in it. */
export function Empty({ line }: { readonly line: string }) {
  return <p class="empty">{line}</p>
}
