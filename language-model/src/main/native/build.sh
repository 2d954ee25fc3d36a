#!/usr/bin/env bash
# build.sh PYTHON FOLDER: makes FOLDER a PYTORCH_LIBRARY_PATH for the libtorch of the torch package that PYTHON imports, with whatever
# GPUs that one supports. Needs g++ with C++20 and a JDK's headers (JAVA_HOME, or the folder of javac).
set -euo pipefail
[ $# = 2 ] || { echo "usage: build.sh PYTHON FOLDER" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
java_home=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac || echo /)")")")}
[ -f "$java_home/include/jni.h" ] || { echo "build.sh: there is no jni.h in $java_home/include; set JAVA_HOME to a JDK" >&2; exit 1; }
described=$("$1" -c 'import os, torch
print(os.path.dirname(torch.__file__), torch.__version__.split("+")[0], "cu" + torch.version.cuda.replace(".", "") if torch.version.cuda else "cpu")') ||
  { echo "build.sh: $1 cannot import torch" >&2; exit 1; }
read -r torch version flavor <<<"$described"

mkdir -p "$2"
libraries=(-ltorch -ltorch_cpu -lc10)
[ "$flavor" = cpu ] || libraries+=(-ltorch_cuda -lc10_cuda)
# libtorch registers what a GPU can do when it is loaded, so it must be loaded although nothing here refers to it.
g++ -std=c++20 -O2 -fPIC -shared -o "$2/libdjl_torch.so.part" "$here/djl_torch.cpp" \
  -I"$torch/include" -I"$torch/include/torch/csrc/api/include" -I"$java_home/include" -I"$java_home/include/linux" \
  -L"$torch/lib" -Wl,--no-as-needed "${libraries[@]}" -Wl,-rpath,"$torch/lib"
mv "$2/libdjl_torch.so.part" "$2/libdjl_torch.so"
# DJL looks for a file of this name; an empty one leaves it to the library above to load the real one, beside its own dependencies.
echo | g++ -x c++ -fPIC -shared -o "$2/libtorch.so" -

folder=$(cd "$2" && pwd)
cat <<END
export PYTORCH_LIBRARY_PATH=$folder
export PYTORCH_VERSION=$version
export PYTORCH_FLAVOR=$flavor
END
if [ "$flavor" != cpu ]; then
  # Without it cuBLAS does not promise the same sums twice, and libtorch refuses to go on.
  echo "export CUBLAS_WORKSPACE_CONFIG=:4096:8"
fi
# DJL counts the GPUs through CUDA's runtime, under this name.
cudart=$(ldd "$2/libdjl_torch.so" | awk '/libcudart/ { print $3 }')
if [ -n "$cudart" ]; then
  mkdir -p "$2/cudart"
  ln -sf "$cudart" "$2/cudart/libcudart.so"
  echo "export LD_LIBRARY_PATH=$folder/cudart\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
fi
