# Completions of the tools for fish, made of their own --help, so that they are never old.
function __openinfer_help
    set -l words (commandline -opc)
    if string match -qr 'oinf-(pack|trace)$' $words[1]; and test (count $words) -gt 1; and not string match -q -- '-*' $words[2]
        $words[1] $words[2] --help 2>/dev/null
    else
        $words[1] --help 2>/dev/null
    end
end
for tool in oinf-run oinf-pack oinf-fmt oinf-opt oinf-trace
    complete -c $tool -n 'string match -q -- "-*" (commandline -ct)' \
        -a "(__openinfer_help | grep -oE -- '(^| |,)--?[A-Za-z][a-z-]*' | tr -d ' ,' | sort -u)"
end
for tool in oinf-pack oinf-trace
    complete -c $tool -n 'test (count (commandline -opc)) -eq 1' -f \
        -a "(__openinfer_help | sed -n '/^Subcommands:/,/^\$/s/^  \([a-z]*\) .*/\1/p')"
end
