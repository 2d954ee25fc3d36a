// The native methods of DJL's PyTorchLibrary that the language model calls, for whatever libtorch this file is compiled against.
//
// DJL publishes its own library for libtorch 2.7.1 alone, and libtorch keeps no binary interface from one version to the next. What
// the model does is written in TorchScript (decoder.py), so that little is left to be native: tensors in and out of Java, calling a
// method of a script, gradients, threads. build.sh makes the library. A method of DJL that is missing here is an UnsatisfiedLinkError
// with its name; handles are pointers that Java owns and deletes, as in DJL.

#include <jni.h>

#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/jit/python/update_graph_executor_opt.h>
#include <torch/script.h>

#define NATIVE(type, name) extern "C" JNIEXPORT type JNICALL Java_ai_djl_pytorch_jni_PyTorchLibrary_##name

namespace {

// What libtorch throws becomes DJL's EngineException; when Java already has an exception under way, that one stays.
template <typename Body>
auto guarded(JNIEnv* env, Body body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception& e) {
    if (!env->ExceptionCheck()) {
      env->ThrowNew(env->FindClass("ai/djl/engine/EngineException"), e.what());
    }
    return decltype(body())();
  }
}

template <typename T>
jlong handle(T value) {
  return reinterpret_cast<jlong>(new T(std::move(value)));
}

at::Tensor& tensor(jlong handle) { return *reinterpret_cast<at::Tensor*>(handle); }

c10::IValue& ivalue(jlong handle) { return *reinterpret_cast<c10::IValue*>(handle); }

std::vector<jlong> longs(JNIEnv* env, jlongArray array) {
  std::vector<jlong> values(env->GetArrayLength(array));
  env->GetLongArrayRegion(array, 0, values.size(), values.data());
  return values;
}

std::vector<int64_t> shape(JNIEnv* env, jlongArray array) {
  const auto values = longs(env, array);
  return {values.begin(), values.end()};
}

jlongArray java_longs(JNIEnv* env, const std::vector<jlong>& values) {
  jlongArray array = env->NewLongArray(values.size());
  if (array != nullptr) {
    env->SetLongArrayRegion(array, 0, values.size(), values.data());
  }
  return array;
}

std::string text(JNIEnv* env, jstring value) {
  const char* chars = env->GetStringUTFChars(value, nullptr);
  std::string copy(chars);
  env->ReleaseStringUTFChars(value, chars);
  return copy;
}

// In the order of DJL's DataType.
constexpr c10::ScalarType kTypes[] = {c10::kFloat, c10::kDouble, c10::kHalf, c10::kByte,
                                      c10::kInt,   c10::kChar,   c10::kLong, c10::kBool};
constexpr jint kUnknown = 9, kBFloat16 = 11;

c10::ScalarType scalar_type(jint type) {
  if (type >= 0 && type < static_cast<jint>(std::size(kTypes))) {
    return kTypes[type];
  }
  TORCH_CHECK(type == kBFloat16, "no tensor can be made of DJL's data type number ", type);
  return c10::kBFloat16;
}

jint data_type(c10::ScalarType type) {
  for (size_t i = 0; i < std::size(kTypes); i++) {
    if (kTypes[i] == type) {
      return static_cast<jint>(i);
    }
  }
  return type == c10::kBFloat16 ? kBFloat16 : kUnknown;
}

c10::Device device(JNIEnv* env, jintArray array) {
  jint values[2];
  env->GetIntArrayRegion(array, 0, 2, values);
  const auto type = static_cast<c10::DeviceType>(values[0]);
  return c10::Device(type, type == c10::kCPU ? -1 : static_cast<c10::DeviceIndex>(values[1]));
}

at::TensorOptions options(JNIEnv* env, jint type, jintArray where, jboolean requires_grad) {
  return at::TensorOptions().dtype(scalar_type(type)).device(device(env, where)).requires_grad(requires_grad == JNI_TRUE);
}

}  // namespace

// ---- values

NATIVE(jlong, iValueFromTensor)(JNIEnv* env, jobject, jlong value) {
  return guarded(env, [&] { return handle(c10::IValue(tensor(value))); });
}

NATIVE(jlong, iValueFromLong)(JNIEnv* env, jobject, jlong value) {
  return guarded(env, [&] { return handle(c10::IValue(static_cast<int64_t>(value))); });
}

NATIVE(jlong, iValueFromDouble)(JNIEnv* env, jobject, jdouble value) {
  return guarded(env, [&] { return handle(c10::IValue(static_cast<double>(value))); });
}

NATIVE(jlong, iValueFromBool)(JNIEnv* env, jobject, jboolean value) {
  return guarded(env, [&] { return handle(c10::IValue(value == JNI_TRUE)); });
}

NATIVE(jlong, iValueFromLongList)(JNIEnv* env, jobject, jlongArray values) {
  return guarded(env, [&] {
    c10::List<int64_t> list;
    for (jlong each : longs(env, values)) {
      list.push_back(each);
    }
    return handle(c10::IValue(std::move(list)));
  });
}

NATIVE(jlong, iValueFromTensorList)(JNIEnv* env, jobject, jlongArray values) {
  return guarded(env, [&] {
    c10::List<at::Tensor> list;
    for (jlong each : longs(env, values)) {
      list.push_back(tensor(each));
    }
    return handle(c10::IValue(std::move(list)));
  });
}

NATIVE(jboolean, iValueIsTensor)(JNIEnv*, jobject, jlong value) { return ivalue(value).isTensor(); }
NATIVE(jboolean, iValueIsTensorList)(JNIEnv*, jobject, jlong value) { return ivalue(value).isTensorList(); }
NATIVE(jboolean, iValueIsTuple)(JNIEnv*, jobject, jlong value) { return ivalue(value).isTuple(); }
NATIVE(jboolean, iValueIsMap)(JNIEnv*, jobject, jlong value) { return ivalue(value).isGenericDict(); }

NATIVE(jlong, iValueToTensor)(JNIEnv* env, jobject, jlong value) {
  return guarded(env, [&] { return handle(ivalue(value).toTensor()); });
}

NATIVE(jlongArray, iValueToTensorList)(JNIEnv* env, jobject, jlong value) {
  return guarded(env, [&] {
    std::vector<jlong> handles;
    for (const at::Tensor& each : ivalue(value).toTensorVector()) {
      handles.push_back(handle(each));
    }
    return java_longs(env, handles);
  });
}

NATIVE(void, torchDeleteIValue)(JNIEnv*, jobject, jlong value) { delete &ivalue(value); }

// ---- scripts

NATIVE(jlong, moduleLoad__Ljava_io_InputStream_2_3IZ_3BJ)
(JNIEnv* env, jobject, jobject stream, jintArray where, jboolean, jbyteArray buffer, jlong) {
  return guarded(env, [&] {
    const jmethodID read = env->GetMethodID(env->GetObjectClass(stream), "read", "([BII)I");
    const jint capacity = env->GetArrayLength(buffer);
    std::string bytes;
    jint count;
    while ((count = env->CallIntMethod(stream, read, buffer, 0, capacity)) > 0) {
      const size_t end = bytes.size();
      bytes.resize(end + count);
      env->GetByteArrayRegion(buffer, 0, count, reinterpret_cast<jbyte*>(&bytes[end]));
    }
    TORCH_CHECK(!env->ExceptionCheck(), "the stream of a script could not be read");
    std::istringstream in(bytes);
    torch::jit::Module module = torch::jit::load(in, device(env, where));
    return handle(std::move(module));
  });
}

NATIVE(jlong, moduleRunMethod)
(JNIEnv* env, jobject, jlong module, jstring name, jlongArray arguments, jboolean train, jboolean) {
  return guarded(env, [&] {
    std::vector<c10::IValue> inputs;
    for (jlong each : longs(env, arguments)) {
      inputs.push_back(ivalue(each));
    }
    auto method = reinterpret_cast<torch::jit::Module*>(module)->get_method(text(env, name));
    // A guard made with false would not leave things alone: it turns the recording of gradients on.
    std::optional<c10::InferenceMode> inference;
    if (train == JNI_FALSE) {
      inference.emplace();
    }
    return handle(method(std::move(inputs)));
  });
}

NATIVE(void, torchDeleteModule)(JNIEnv*, jobject, jlong module) { delete reinterpret_cast<torch::jit::Module*>(module); }

NATIVE(void, setGraphExecutorOptimize)(JNIEnv*, jobject, jboolean enabled) { torch::jit::setGraphExecutorOptimize(enabled); }

// ---- tensors

NATIVE(jlong, torchFromBlob)
(JNIEnv* env, jobject, jobject buffer, jlongArray sizes, jint type, jint, jintArray where, jboolean requires_grad) {
  return guarded(env, [&] {
    // The bytes are Java's, and on the CPU stay where they are; a GPU gets its own.
    const auto wanted = options(env, type, where, requires_grad);
    at::Tensor here = torch::from_blob(env->GetDirectBufferAddress(buffer), shape(env, sizes),
                                       at::TensorOptions().dtype(wanted.dtype()));
    at::Tensor there = wanted.device().is_cpu() ? here : here.to(wanted.device());
    return handle(there.requires_grad_(wanted.requires_grad()));
  });
}

NATIVE(jlong, torchEmpty)(JNIEnv* env, jobject, jlongArray sizes, jint type, jint, jintArray where, jboolean requires_grad) {
  return guarded(env, [&] { return handle(torch::empty(shape(env, sizes), options(env, type, where, requires_grad))); });
}

NATIVE(jlong, torchZeros)(JNIEnv* env, jobject, jlongArray sizes, jint type, jint, jintArray where, jboolean requires_grad) {
  return guarded(env, [&] { return handle(torch::zeros(shape(env, sizes), options(env, type, where, requires_grad))); });
}

NATIVE(jlong, torchTo)(JNIEnv* env, jobject, jlong value, jint type, jintArray where) {
  return guarded(env, [&] {
    at::NoGradGuard no_grad;
    return handle(tensor(value).to(device(env, where), scalar_type(type)));
  });
}

NATIVE(jlong, torchReshape)(JNIEnv* env, jobject, jlong value, jlongArray sizes) {
  return guarded(env, [&] { return handle(tensor(value).reshape(shape(env, sizes))); });
}

NATIVE(jlong, torchToContiguous)(JNIEnv* env, jobject, jlong value) {
  return guarded(env, [&] { return handle(tensor(value).contiguous()); });
}

NATIVE(jobject, torchDirectByteBuffer)(JNIEnv* env, jobject, jlong value) {
  return guarded(env, [&] { return env->NewDirectByteBuffer(tensor(value).data_ptr(), tensor(value).nbytes()); });
}

NATIVE(jbyteArray, torchDataPtr)(JNIEnv* env, jobject, jlong value) {
  return guarded(env, [&] {
    const at::Tensor bytes = tensor(value).detach().cpu().contiguous();
    jbyteArray copy = env->NewByteArray(bytes.nbytes());
    if (copy != nullptr) {
      env->SetByteArrayRegion(copy, 0, bytes.nbytes(), static_cast<const jbyte*>(bytes.data_ptr()));
    }
    return copy;
  });
}

NATIVE(jlongArray, torchSizes)(JNIEnv* env, jobject, jlong value) {
  return guarded(env, [&] {
    const auto sizes = tensor(value).sizes();
    return java_longs(env, {sizes.begin(), sizes.end()});
  });
}

NATIVE(jint, torchDType)(JNIEnv*, jobject, jlong value) { return data_type(tensor(value).scalar_type()); }

NATIVE(jintArray, torchDevice)(JNIEnv* env, jobject, jlong value) {
  return guarded(env, [&] {
    const c10::Device where = tensor(value).device();
    const jint values[] = {static_cast<jint>(where.type()), where.index()};
    jintArray array = env->NewIntArray(2);
    if (array != nullptr) {
      env->SetIntArrayRegion(array, 0, 2, values);
    }
    return array;
  });
}

// DJL's numbers: 0 strided, 1 sparse, 2 MKL-DNN.
NATIVE(jint, torchLayout)(JNIEnv*, jobject, jlong value) {
  const auto layout = tensor(value).layout();
  return layout == c10::kStrided ? 0 : layout == c10::kMkldnn ? 2 : 1;
}

NATIVE(jboolean, torchIsContiguous)(JNIEnv*, jobject, jlong value) { return tensor(value).is_contiguous(); }

NATIVE(void, torchDeleteTensor)(JNIEnv*, jobject, jlong value) { delete &tensor(value); }

// ---- gradients

NATIVE(void, torchAttachGrad)(JNIEnv* env, jobject, jlong value, jboolean required) {
  guarded(env, [&] { tensor(value).requires_grad_(required == JNI_TRUE); });
}

NATIVE(jboolean, torchRequiresGrad)(JNIEnv*, jobject, jlong value) { return tensor(value).requires_grad(); }

// 0 where there is none.
NATIVE(jlong, torchGrad)(JNIEnv* env, jobject, jlong value) {
  return guarded(env, [&] {
    const at::Tensor gradient = tensor(value).grad();
    return gradient.defined() ? handle(gradient) : jlong{0};
  });
}

NATIVE(jlong, torchDetachGrad)(JNIEnv* env, jobject, jlong value) {
  return guarded(env, [&] { return handle(tensor(value).detach()); });
}

NATIVE(void, torchBackward)(JNIEnv* env, jobject, jlong value, jlong gradient, jboolean keep_graph, jboolean create_graph) {
  guarded(env, [&] { tensor(value).backward(tensor(gradient), keep_graph == JNI_TRUE, create_graph == JNI_TRUE); });
}

NATIVE(jboolean, torchIsGradMode)(JNIEnv*, jobject) { return c10::GradMode::is_enabled(); }
NATIVE(void, torchSetGradMode)(JNIEnv*, jobject, jboolean enabled) { c10::GradMode::set_enabled(enabled == JNI_TRUE); }

// ---- the engine

NATIVE(void, torchManualSeed)(JNIEnv* env, jobject, jlong seed) {
  guarded(env, [&] { torch::manual_seed(static_cast<uint64_t>(seed)); });
}

NATIVE(jint, torchGetNumThreads)(JNIEnv*, jobject) { return at::get_num_threads(); }
NATIVE(jint, torchGetNumInteropThreads)(JNIEnv*, jobject) { return at::get_num_interop_threads(); }

NATIVE(void, torchSetNumThreads)(JNIEnv* env, jobject, jint count) {
  guarded(env, [&] { at::set_num_threads(count); });
}

NATIVE(void, torchSetNumInteropThreads)(JNIEnv* env, jobject, jint count) {
  guarded(env, [&] { at::set_num_interop_threads(count); });
}

// The features that DJL asks for by name; the set stays Java's.
NATIVE(void, torchShowConfig)(JNIEnv* env, jobject, jobject features) {
  guarded(env, [&] {
    const jmethodID add = env->GetMethodID(env->GetObjectClass(features), "add", "(Ljava/lang/Object;)Z");
    const auto& context = at::globalContext();
    const std::pair<const char*, bool> known[] = {{"CUDA", context.hasCUDA()},
                                                  {"CUDNN", context.hasCuDNN()},
                                                  {"MKL", context.hasMKL()},
                                                  {"MKLDNN", context.hasMKLDNN()},
                                                  {"OPENMP", context.hasOpenMP()}};
    for (const auto& [name, present] : known) {
      if (present) {
        env->CallBooleanMethod(features, add, env->NewStringUTF(name));
      }
    }
  });
}

// Operations of a GPU that add in no fixed order make way for those that do: a run can be replayed to the byte. What has no such
// variant throws. The CPU's are in order as they are.
extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM*, void*) {
  if (at::hasCUDA()) {
    at::globalContext().setDeterministicAlgorithms(true, /* warn only: */ false);
  }
  return JNI_VERSION_10;
}
