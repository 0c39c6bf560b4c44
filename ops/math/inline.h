// Files for one instruction set are compiled with its flags. A function of theirs that is not inlined becomes a weak
// symbol, and the linker may take that copy for the whole program, which then fails on older processors. What such
// files share with others is therefore always inlined.
#pragma once

#define OINF_INLINE [[gnu::always_inline]] inline
