import { COMPLETE, FILES } from './complete.ts'

/**
 * The script of each shell. It asks `tallyman` what may stand next, one candidate a line, with a tab before its description. No
 * shell evaluates what it is told.
 */
export const SCRIPTS = {
  bash: `# Completion of tallyman for bash. To use it:  source <(tallyman completion bash)
_tallyman() {
  local line=\${COMP_LINE:0:COMP_POINT} words one before breaks current
  COMPREPLY=()
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=\${words[\${#words[@]} - 1]}
  # Bash takes words apart at these, so what stands before the last one is there already.
  breaks=\${COMP_WORDBREAKS//[^=:]/}
  [[ -n $breaks ]] && before=\${current%"\${current##*[$breaks]}"}
  while IFS= read -r one; do
    if [[ $one == '${FILES}' ]]; then
      compopt -o default 2>/dev/null
      return
    fi
    one=\${one%%$'\\t'*}
    COMPREPLY+=("\${one#"$before"}")
  done < <(tallyman ${COMPLETE} -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _tallyman tallyman
`,
  zsh: `#compdef tallyman
# Completion of tallyman for zsh. To use it:  source <(tallyman completion zsh)
# or put it as _tallyman into a folder of $fpath.
_tallyman() {
  local -a found described
  local one
  found=("\${(@f)$(tallyman ${COMPLETE} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $found[1] == '${FILES}' ]]; then
    _files
    return
  fi
  for one in $found; do
    described+=("\${\${one%%$'\\t'*}//:/\\\\:}:\${one#*$'\\t'}")
  done
  _describe tallyman described
}
if [[ $funcstack[1] == _tallyman ]]; then
  _tallyman "$@"
else
  compdef _tallyman tallyman
fi
`,
  fish: `# Completion of tallyman for fish. To use it:  tallyman completion fish | source
# or put it into ~/.config/fish/completions/tallyman.fish
function __tallyman_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found (tallyman ${COMPLETE} -- $words[2..-1] "$current" 2>/dev/null)
    if test "$found[1]" = '${FILES}'
        __fish_complete_path "$current"
    else
        printf '%s\\n' $found
    end
end
complete -c tallyman -f -a '(__tallyman_complete)'
`,
} as const

export type Shell = keyof typeof SCRIPTS
export const SHELLS = Object.keys(SCRIPTS) as Shell[]
