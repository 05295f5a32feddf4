import { effect, signal } from '@preact/signals'

export type Theme = 'light' | 'dark' | 'system'
const KEY = 'tallyman-theme'
const isTheme = (text: string | null): text is Theme =>
  text === 'light' || text === 'dark' || text === 'system'

/** Kept in the browser. Where that is forbidden, it lasts until the page is closed. */
const stored = (() => {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
})()

export const theme = signal<Theme>(isTheme(stored) ? stored : 'system')

effect(() => {
  const { value } = theme
  if (value === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = value
  try {
    localStorage.setItem(KEY, value)
  } catch {}
})
