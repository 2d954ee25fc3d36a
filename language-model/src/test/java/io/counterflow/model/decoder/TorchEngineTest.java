package io.counterflow.model.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;

class TorchEngineTest {

    @Test
    void memoryThatLibtorchDoesNotGetIsToldFromOtherFailures() {
        try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
            Throwable full = catchThrowable(() -> manager.ones(new Shape(1L << 50)));
            assertThat(TorchEngine.outOfMemory(full)).get().asString().contains("can't allocate memory");
            Throwable shapes =
                    catchThrowable(() -> manager.ones(new Shape(2, 3)).matMul(manager.ones(new Shape(2, 3))));
            assertThat(shapes).isNotNull();
            assertThat(TorchEngine.outOfMemory(shapes)).isEmpty();
        }
    }

    @Test
    void ofCudasMessageTheFirstLineIsKept() {
        assertThat(TorchEngine.outOfMemory(new EngineException(
                        "CUDA out of memory. Tried to allocate 2.00 GiB.\nException raised from malloc at x.cpp:1")))
                .contains("CUDA out of memory. Tried to allocate 2.00 GiB.");
    }
}
