import { render } from 'preact'
import { App } from './app.tsx'
import './style/base.css'
import './style/parts.css'
import './style/shell.css'
import './theme.ts'

const root = document.getElementById('app')
if (root) render(<App />, root)
