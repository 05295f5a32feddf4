export interface Words {
  why: string
  by: string
}
export const NO_WORDS: Words = { why: '', by: '' }

/** What people say of what they ask for: why, and who they are. */
export function SaidFields({ words, change }: { words: Words; change: (words: Words) => void }) {
  return (
    <>
      <label class="field">
        <span>Why</span>
        <input
          value={words.why}
          maxLength={500}
          placeholder="so that others understand it in a month"
          onInput={(event) => change({ ...words, why: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>Your name</span>
        <input
          value={words.by}
          maxLength={100}
          onInput={(event) => change({ ...words, by: event.currentTarget.value })}
        />
      </label>
    </>
  )
}

/** The words as the API takes them: what is empty is left out. */
export const wordsOf = ({ why, by }: Words) => ({ why: why.trim() || undefined, by: by.trim() || undefined })
