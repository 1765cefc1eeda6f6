/** Begins the console: one page, shown until the tab is closed. */
import { render } from 'preact'
import { App } from './app.tsx'
import { Live } from './live/live.ts'
import './styles/theme.css'
import './styles/layout.css'
import './styles/parts.css'
import './styles/table.css'
import 'uplot/dist/uPlot.min.css'

const place = document.getElementById('console')
if (place !== null) render(<App live={new Live()} />, place)
