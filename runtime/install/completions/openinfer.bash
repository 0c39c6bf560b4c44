# Completions of the tools for bash, made of their own --help, so that they are never old.
_openinfer() {
  local word=${COMP_WORDS[COMP_CWORD]} line=("${COMP_WORDS[0]}")
  # A command of oinf-pack or oinf-trace has a --help of its own.
  if [[ ${COMP_WORDS[0]##*/} == oinf-@(pack|trace) && $COMP_CWORD -gt 1 && ${COMP_WORDS[1]} != -* ]]; then
    line+=("${COMP_WORDS[1]}")
  fi
  local help words
  help=$("${line[@]}" --help 2>/dev/null)
  if [[ $word == -* ]]; then
    words=$(grep -oE -- '(^| |,)--?[A-Za-z][a-z-]*' <<<"$help" | tr -d ' ,' | sort -u)
  elif [[ ${COMP_WORDS[0]##*/} == oinf-@(pack|trace) && $COMP_CWORD -eq 1 ]]; then
    words=$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$help")
  fi
  COMPREPLY=()
  [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
# Files where nothing else fits.
complete -o default -F _openinfer oinf-run oinf-pack oinf-fmt oinf-opt oinf-trace
