// The transcendental functions of the contract (numerics.md), over the lanes of F: exp, sigmoid, tanh, log, log1p, erf,
// sin, cos, atan, pow. Only multiply, add, fused multiply-add, division, square root and integer steps, in one order,
// so one lane and sixteen give the same bits. NaN results are canonical. scalar.h has them for float and double.
#pragma once

#include "ops/math/atan.h"
#include "ops/math/erf.h"
#include "ops/math/exp.h"
#include "ops/math/log.h"
#include "ops/math/pow.h"
#include "ops/math/trig.h"
