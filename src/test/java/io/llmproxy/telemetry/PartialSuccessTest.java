package io.llmproxy.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsPartialSuccess;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PartialSuccessTest {
    private static ExportMetricsServiceResponse.Builder metrics(long rejected) {
        return ExportMetricsServiceResponse.newBuilder()
                .setPartialSuccess(ExportMetricsPartialSuccess.newBuilder()
                        .setRejectedDataPoints(rejected)
                        .setErrorMessage("too old"));
    }

    @Test
    void pointsAndSpansMayBeRejected() {
        byte[] spans = ExportTraceServiceResponse.newBuilder()
                .setPartialSuccess(ExportTracePartialSuccess.newBuilder().setRejectedSpans(300))
                .build()
                .toByteArray();

        assertThat(PartialSuccess.rejected(metrics(7).build().toByteArray())).isEqualTo(7);
        assertThat(PartialSuccess.rejected(spans)).isEqualTo(300);
    }

    @Test
    void mostlyNoneIs() {
        assertThat(PartialSuccess.rejected(new byte[0])).isZero();
        assertThat(PartialSuccess.rejected(metrics(0).build().toByteArray())).isZero();
        assertThat(PartialSuccess.rejected(metrics(-1).build().toByteArray())).isZero();
    }

    @Test
    void whatALaterVersionSaysIsPassedOver() {
        UnknownFieldSet later = UnknownFieldSet.newBuilder()
                .addField(
                        9,
                        UnknownFieldSet.Field.newBuilder()
                                .addVarint(1L << 40)
                                .addFixed32(3)
                                .addFixed64(4)
                                .addLengthDelimited(ByteString.copyFromUtf8("text"))
                                .build())
                .build();

        assertThat(PartialSuccess.rejected(
                        metrics(7).setUnknownFields(later).build().toByteArray()))
                .isEqualTo(7);
    }

    @Test
    void aBrokenAnswerSaysNothing() {
        byte[] whole = metrics(7).build().toByteArray();
        for (int length = 1; length < whole.length; length++) {
            assertThat(PartialSuccess.rejected(Arrays.copyOf(whole, length))).isZero();
        }
        assertThat(PartialSuccess.rejected("{\"partialSuccess\":{}}".getBytes(StandardCharsets.UTF_8)))
                .isZero();
    }
}
