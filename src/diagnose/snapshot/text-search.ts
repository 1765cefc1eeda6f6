/**
 * Looks for the declaration of a name in text that is not JavaScript, or not what ran: TypeScript, mostly. Says only what is
 * certain: when the name is declared in one place of the text, that is the place. Pure.
 */

const COMMENTS_AND_STRINGS = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g

/** @returns the line, counted from 0, or null when there is none or more than one */
export function findDeclared(text: string, name: string, kind: 'variable' | 'property'): number | null {
  const bare = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const word = `${bare}(?![\\w$])`
  const patterns =
    kind === 'variable'
      ? [`\\b(?:const|let|var|using|class|function\\*?|async function)\\s+${word}`]
      : [
          // A field, or the property of a parameter of the constructor.
          `(?:^|[{;])[ \\t]*(?:(?:public|private|protected|readonly|static|override|declare)\\s+)*${word}\\s*[?!]?\\s*(?::[^=;\\n(]*)?=(?!=|>)`,
          `\\bconstructor\\s*\\([^)]*\\b(?:public|private|protected|readonly)\\s+${word}`,
          `\\bthis\\.${word}\\s*(?:\\?\\?|\\|\\|)?=(?!=)`,
          `[{,]\\s*${word}\\s*:`,
        ]
  const code = text.replace(COMMENTS_AND_STRINGS, (it) => it.replace(/[^\n]/g, ' '))
  for (const pattern of patterns) {
    const found = [...code.matchAll(new RegExp(pattern, 'gmu'))]
    if (found.length > 1) return null
    const [only] = found
    if (only !== undefined) return lineAt(code, only.index + only[0].lastIndexOf(name))
  }
  return null
}

function lineAt(text: string, position: number): number {
  let line = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) line++
  return line
}
