package io.llmproxy.jetty.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;
import org.awaitility.Awaitility;
import org.eclipse.jetty.io.ManagedSelector.Selectable;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReadyTest {
    private static final int MANY = 32;

    private final List<String> done = new ArrayList<>();
    private final List<Runnable> elsewhere = new ArrayList<>();
    private final List<SocketChannel> clients = new ArrayList<>();
    private final List<SocketChannel> accepted = new ArrayList<>();
    private Ready ready = new Ready(elsewhere::add);
    private Selector selector;
    private ServerSocketChannel server;

    @BeforeEach
    void open() throws IOException {
        selector = Selector.open();
        server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void close() throws IOException {
        for (SocketChannel client : clients) {
            client.close();
        }
        for (SocketChannel channel : accepted) {
            channel.close();
        }
        server.close();
        selector.close();
    }

    /** A connection that notes what is done for it. */
    private class Noting implements Selectable {
        private final String name;
        private final @Nullable Runnable task;

        Noting(String name, @Nullable Runnable task) {
            this.name = name;
            this.task = task;
        }

        @Override
        public @Nullable Runnable onSelected() {
            done.add(name);
            return task;
        }

        @Override
        public void updateKey() {
            done.add(name + " updated");
        }

        @Override
        public void replaceKey(SelectionKey newKey) {
            throw new IllegalStateException("the selector stays");
        }
    }

    /** The same to an upstream. */
    private final class NotingUpstream extends Noting implements Ready.OfUpstream {
        NotingUpstream(String name) {
            super(name, null);
        }
    }

    private SelectionKey connection(Object attachment) throws IOException {
        clients.add(SocketChannel.open(server.getLocalAddress()));
        SocketChannel channel = server.accept();
        accepted.add(channel);
        channel.configureBlocking(false);
        return channel.register(selector, SelectionKey.OP_READ, attachment);
    }

    private SelectionKey connection(String name, InvocationType type, Runnable job) throws IOException {
        return connection(new Noting(name, Invocable.from(type, job)));
    }

    private void write(int client) throws IOException {
        clients.get(client).write(ByteBuffer.wrap(new byte[] {1}));
    }

    private void select() throws IOException {
        selector.select(ready);
    }

    private void serveAll() {
        int served = 0;
        while (ready.serveNext()) {
            served++;
        }
        assertThat(served).isPositive();
    }

    @Test
    void firstComesFirst() throws Exception {
        List<Integer> order = new ArrayList<>();
        for (int client = 0; client < MANY; client++) {
            connection(new Noting("" + client, null));
            order.add(client);
        }
        selector.selectNow(ready);
        Collections.shuffle(order, new Random(5));

        for (int client : order) {
            write(client);
        }
        select();
        serveAll();

        assertThat(done.stream().filter(note -> !note.endsWith("updated")))
                .containsExactlyElementsOf(order.stream().map(String::valueOf).toList());
    }

    @Test
    void upstreamsAreServedBeforeClients() throws Exception {
        connection(new Noting("client", null));
        connection(new NotingUpstream("upstream"));
        write(0);
        write(1);

        Awaitility.await().until(() -> selector.selectNow(key -> {}) == 2);
        selector.selectNow(ready);
        serveAll();

        assertThat(done).containsExactly("upstream", "upstream updated", "client", "client updated");
    }

    @Test
    void upstreamsAreTakenWhileClientsWaitAndClientsOnlyOnce() throws Exception {
        connection(new Noting("a", null));
        connection(new Noting("b", null));
        connection(new NotingUpstream("upstream"));
        write(0);
        write(1);
        Awaitility.await().until(() -> selector.selectNow(key -> {}) == 2);
        selector.selectNow(ready);
        ready.serveNext();
        write(2);

        Awaitility.await().until(() -> selector.selectNow(key -> {}) == 3);
        ready.takeUpstreams(selector);
        serveAll();

        assertThat(done.stream().filter(note -> !note.endsWith("updated")))
                .hasSize(3)
                .containsOnlyOnce("a", "b")
                .element(1)
                .isEqualTo("upstream");
    }

    @Test
    void aConnectionIsServedAndThenUpdated() throws Exception {
        connection("a", InvocationType.NON_BLOCKING, () -> done.add("a served"));
        connection("b", InvocationType.EITHER, () -> done.add("b non-blocking " + Invocable.isNonBlockingInvocation()));
        write(0);
        write(1);

        select();
        serveAll();

        assertThat(done)
                .containsExactlyInAnyOrder("a", "a served", "a updated", "b", "b non-blocking true", "b updated");
        assertThat(done.indexOf("a served")).isBetween(done.indexOf("a"), done.indexOf("a updated"));
    }

    @Test
    void whatMayBlockIsDoneElsewhere() throws Exception {
        connection("a", InvocationType.BLOCKING, () -> done.add("blocked"));
        write(0);

        select();
        serveAll();

        assertThat(done).containsExactly("a", "a updated");
        assertThat(elsewhere).hasSize(1);
    }

    @Test
    void oneThatFailsHoldsUpNobody() throws Exception {
        connection("bad", InvocationType.NON_BLOCKING, () -> {
            throw new IllegalStateException("on purpose");
        });
        connection("good", InvocationType.NON_BLOCKING, () -> done.add("served"));
        write(0);
        write(1);

        select();
        serveAll();

        assertThat(done).contains("bad", "bad updated", "served", "good updated");
        assertThat(accepted.get(0).isOpen()).isTrue();
    }

    @Test
    void oneThatNobodyTakesIsClosed() throws Exception {
        ready = new Ready(job -> {
            throw new RejectedExecutionException("full");
        });
        connection("a", InvocationType.BLOCKING, () -> done.add("blocked"));
        write(0);

        select();
        serveAll();

        assertThat(accepted.get(0).isOpen()).isFalse();
    }

    @Test
    void oneThatWasClosedMeanwhileIsNotServed() throws Exception {
        SelectionKey second = connection("second", InvocationType.NON_BLOCKING, () -> done.add("second served"));
        write(0);
        select();
        second.channel().close();

        serveAll();

        assertThat(done).isEmpty();
    }

    @Test
    void whatIsNoConnectionYetIsLeft() throws Exception {
        connection("under way");
        write(0);

        select();

        assertThat(ready.serveNext()).isFalse();
        assertThat(ready.leftOthers()).isTrue();
        assertThat(ready.leftOthers()).isFalse();
    }
}
