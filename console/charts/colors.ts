/** The colours of the style sheet, for canvases, and word when they change with the system between light and dark. */
import { useEffect, useState } from 'preact/hooks'

const DARK = '(prefers-color-scheme: dark)'

/** The value of a custom property now. */
export function colorOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

export function useDark(): boolean {
  const [isDark, setDark] = useState(() => matchMedia(DARK).matches)
  useEffect(() => {
    const query = matchMedia(DARK)
    const queryOnChange = (): void => setDark(query.matches)
    query.addEventListener('change', queryOnChange)
    return () => query.removeEventListener('change', queryOnChange)
  }, [])
  return isDark
}
