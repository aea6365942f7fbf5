package io.llmproxy.proxy.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.testing.Growth;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a client sends costs no more than in proportion to its size, whatever it is. */
final class RequestCostTest {
    private static final int SIZE = 2 * 1024;

    /** How many headers a container may have to look at for what was asked of it: for the values of a name, at all. */
    private long looks;

    private HttpServletRequest request(List<String> names) {
        return (HttpServletRequest) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {HttpServletRequest.class}, (proxy, method, arguments) -> {
                    looks++;
                    return switch (method.getName()) {
                        case "getMethod" -> "GET";
                        case "getProtocol" -> "HTTP/1.1";
                        case "getScheme" -> "http";
                        case "getHeaderNames" ->
                            Collections.enumeration(names.stream().distinct().toList());
                        case "getHeaders" -> {
                            looks += names.size();
                            yield Collections.enumeration(
                                    names.stream().filter(arguments[0]::equals).toList());
                        }
                        default -> throw new UnsupportedOperationException(method.getName());
                    };
                });
    }

    private long looksAt(IntFunction<String> name, int count) {
        List<String> names = new ArrayList<>();
        IntStream.range(0, count).mapToObj(name).forEach(names::add);
        looks = 0;
        Refusal refusal = RequestHead.of(request(names)).refusal();
        assertThat(refusal).extracting(Refusal::error).isEqualTo(ProxyError.TOO_MANY_HEADERS);
        return looks;
    }

    @Test
    void aHeadOfManyHeadersCostsAsMuchAsItIsLong() {
        Growth.ofSteps(512, count -> looksAt(number -> "a", count));
        Growth.ofSteps(512, count -> looksAt(number -> "a" + number, count));
        // Those that are allowed cost 100 looks at each of the others at most.
        assertThat(looksAt(number -> "a" + number, 4096)).isLessThan(102 * 4097);
    }

    @Test
    void aPathCostsAsMuchAsItIsLong() {
        for (String part :
                List.of("/", "/a", "a", "%2F", "%2Fa", "%41", "/.a", "/%2ea", ";a", "/a;b=c", "%C3%A4", "..", "%25")) {
            IntFunction<Runnable> work = size -> {
                String path = "/v1/models/m" + part.repeat(size / part.length());
                return () -> {
                    RequestPath read = RequestPath.of(path);
                    RequestTarget.isAllowed(read, null);
                    read.readings();
                    read.first();
                    read.without(2);
                    read.endingWith("/m");
                };
            };
            Growth.ofAllocation(SIZE, work);
            Growth.ofCpu(SIZE, work);
        }
    }

    @Test
    void aQueryCostsAsMuchAsItIsLong() {
        RequestPath path = RequestPath.of("/");
        for (String part : List.of("a=1&", "%41", "&", "=", "a")) {
            Growth.ofCpu(SIZE, size -> {
                String query = part.repeat(size / part.length());
                return () -> RequestTarget.isAllowed(path, query);
            });
        }
    }

    @Test
    void aListOfHeadersOfTheConnectionCostsAsMuchAsItIsLong() {
        for (String part : List.of(",", "a,", " , ", "close,")) {
            Growth.ofAllocation(SIZE, size -> {
                List<String> connection = List.of(part.repeat(size / part.length()));
                return () -> HopByHop.namedIn(connection);
            });
        }
        Growth.ofAllocation(SIZE, size -> {
            List<String> connection = IntStream.range(0, size / 6)
                    .mapToObj(number -> "a" + number)
                    .toList();
            return () -> HopByHop.namedIn(List.of(String.join(",", connection)));
        });
    }
}
