#include "ops/math/scalar.h"

#include "ops/math/functions.h"
#include "ops/math/vec_scalar.h"

namespace openinfer::math {

using portable::F32;

float exp(float x) { return exp(F32(x)).v; }
float sigmoid(float x) { return sigmoid(F32(x)).v; }
float tanh(float x) { return tanh(F32(x)).v; }
float log(float x) { return log(F32(x)).v; }
float log1p(float x) { return log1p(F32(x)).v; }
float erf(float x) { return erf(F32(x)).v; }
float sin(float x) { return sin(F32(x)).v; }
float cos(float x) { return cos(F32(x)).v; }
float atan(float x) { return atan(F32(x)).v; }
float pow(float a, float b) { return pow(F32(a), F32(b)).v; }

}  // namespace openinfer::math
