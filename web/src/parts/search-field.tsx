import { useEffect, useRef, useState } from 'preact/hooks'
import './search-field.css'

/** How long nobody types before it is searched, in ms. */
const WAIT_MS = 250

/** A field to search with. It tells what was typed a moment after the last key, and follows when the text changes elsewhere. */
export function SearchField({
  label,
  text,
  search,
  placeholder,
}: {
  label: string
  text: string
  search: (text: string) => void
  placeholder?: string
}) {
  const [typed, setTyped] = useState(text)
  const told = useRef(text)
  useEffect(() => {
    if (told.current !== text) setTyped(text)
    told.current = text
  }, [text])
  useEffect(() => {
    if (typed === told.current) return
    const timer = setTimeout(() => {
      told.current = typed
      search(typed)
    }, WAIT_MS)
    return () => clearTimeout(timer)
  }, [typed])
  return (
    <label class="search-field">
      <span class="unseen">{label}</span>
      <input
        type="search"
        value={typed}
        placeholder={placeholder ?? label}
        onInput={(event) => setTyped(event.currentTarget.value)}
        spellcheck={false}
        autocomplete="off"
      />
    </label>
  )
}
