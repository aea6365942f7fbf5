package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.eclipse.jetty.util.Promise;
import org.junit.jupiter.api.Test;

class KnownAddressesTest {
    private static final List<InetSocketAddress> HERE = List.of(InetSocketAddress.createUnresolved("here", 1));

    private final List<Promise<List<InetSocketAddress>>> asked = new ArrayList<>();
    private final KnownAddresses addresses = new KnownAddresses((host, port, context, promise) -> asked.add(promise));

    private Promise.Completable<List<InetSocketAddress>> lookUp(String host) {
        Promise.Completable<List<InetSocketAddress>> promise = new Promise.Completable<>();
        addresses.resolve(host, 1, Map.of(), promise);
        return promise;
    }

    @Test
    void oneLookUpServesAllRequestsThatArriveMeanwhile() throws Exception {
        var first = lookUp("here");
        var second = lookUp("here");
        assertThat(lookUp("there")).isNotDone();

        assertThat(asked).hasSize(2);
        asked.get(0).succeeded(HERE);
        assertThat(first.get()).isEqualTo(HERE);
        assertThat(second.get()).isEqualTo(HERE);
        assertThat(lookUp("here")).isNotDone();
        assertThat(asked).hasSize(3);
    }

    @Test
    void aNameThatIsLostIsWhereItWas() throws Exception {
        var before = lookUp("here");
        asked.get(0).succeeded(HERE);
        assertThat(before).isCompleted();

        var again = lookUp("here");
        asked.get(1).failed(new UnknownHostException("here"));

        assertThat(again.get()).isEqualTo(HERE);
    }

    @Test
    void aNameThatWasNeverKnownIsNotKnown() {
        var never = lookUp("nowhere");
        asked.get(0).failed(new UnknownHostException("nowhere"));

        assertThatThrownBy(never::get).isInstanceOf(ExecutionException.class).hasMessageContaining("nowhere");
    }

    @Test
    void anAddressIsNotLookedUp() throws Exception {
        for (String address : List.of("127.0.0.1", "::1")) {
            assertThat(lookUp(address).get())
                    .containsExactly(new InetSocketAddress(InetAddress.getAllByName(address)[0], 1));
        }
        assertThat(asked).isEmpty();
    }
}
