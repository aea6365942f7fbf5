package io.llmproxy.jetty.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.channels.ReadPendingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two copies of Jetty in one JVM see each other's objects. */
class OtherJettyTest {
    private final URLClassLoader loader =
            new URLClassLoader(new URL[] {home(EndPoint.class), home(Callback.class)}, new Loggers());
    private final OtherJetty other = new OtherJetty(loader);
    private Object theirEndPoint = "none yet";
    private @Nullable EndPoint made;

    /** What both copies share, and nothing of Jetty's. */
    private static final class Loggers extends ClassLoader {
        Loggers() {
            super(ClassLoader.getPlatformClassLoader());
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (name.startsWith("org.slf4j.")) {
                return Class.forName(name);
            }
            throw new ClassNotFoundException(name);
        }
    }

    private static URL home(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    @BeforeEach
    void make() throws ReflectiveOperationException {
        theirEndPoint = Class.forName("org.eclipse.jetty.io.ByteArrayEndPoint", true, loader)
                .getConstructor()
                .newInstance();
        made = other.ours(theirEndPoint, EndPoint.class);
    }

    @AfterEach
    void close() throws IOException {
        loader.close();
    }

    private EndPoint endPoint() {
        return Objects.requireNonNull(made, "made before");
    }

    private Object tell(String method, Class<?> type, Object value) throws ReflectiveOperationException {
        return theirEndPoint.getClass().getMethod(method, type).invoke(theirEndPoint, value);
    }

    private Object ask(String method) throws ReflectiveOperationException {
        return theirEndPoint.getClass().getMethod(method).invoke(theirEndPoint);
    }

    /** Remembers how it went. */
    private static final class Told implements Callback {
        private final CompletableFuture<String> how = new CompletableFuture<>();

        @Override
        public void succeeded() {
            how.complete("succeeded");
        }

        @Override
        public void failed(Throwable failure) {
            how.complete("failed: " + failure.getMessage());
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.EITHER;
        }
    }

    @Test
    void bytesPassBothWays() throws ReflectiveOperationException, IOException {
        tell("addInput", String.class, "from the client");
        ByteBuffer buffer = BufferUtil.allocate(100);
        assertThat(endPoint().fill(buffer)).isEqualTo(15);
        assertThat(BufferUtil.toString(buffer)).isEqualTo("from the client");
        assertThat(endPoint().fill(buffer)).isZero();

        Told written = new Told();
        ByteBuffer first = ByteBuffer.wrap("in two ".getBytes(StandardCharsets.US_ASCII));
        endPoint().write(written, first, ByteBuffer.wrap("parts".getBytes(StandardCharsets.US_ASCII)));
        assertThat(written.how).isCompletedWithValue("succeeded");
        assertThat(ask("takeOutputString")).isEqualTo("in two parts");
    }

    @Test
    void callbacksAreCalledAndSayOnWhichThreads() throws ReflectiveOperationException {
        Told readable = new Told();
        endPoint().fillInterested(readable);
        Object interest = ask("getFillInterest");
        Object type = interest.getClass().getMethod("getCallbackInvocationType").invoke(interest);
        assertThat(type).hasToString("EITHER");
        assertThat(type.getClass().getClassLoader()).isSameAs(loader);
        assertThat(readable.how).isNotDone();

        endPoint().close(new IOException("gone"));
        assertThat(readable.how).isCompletedWithValue("failed: gone");
        assertThat(endPoint().isOpen()).isFalse();
    }

    /** A connection of ours. */
    private static final class Heard extends AbstractConnection {
        private final String name;
        private final List<String> heard;

        Heard(String name, EndPoint endPoint, List<String> heard) {
            super(endPoint, Runnable::run);
            this.name = name;
            this.heard = heard;
        }

        @Override
        public void onOpen() {
            heard.add(name + " opened");
        }

        @Override
        public void onClose(Throwable cause) {
            heard.add(name + " closed");
        }

        @Override
        public void onFillable() {}
    }

    @Test
    void whatComesBackIsItselfAgain() throws ReflectiveOperationException {
        List<String> heard = new ArrayList<>();
        Connection first = new Heard("first", endPoint(), heard);
        Connection second = new Heard("second", endPoint(), heard);
        endPoint().setConnection(first);
        assertThat(endPoint().getConnection()).isSameAs(first);

        // Theirs asks the first for its end point, and gets its own.
        endPoint().upgrade(second);
        assertThat(heard).containsExactly("first closed", "second opened");
        assertThat(endPoint().getConnection()).isSameAs(second);
        Object shown = ask("getConnection");
        assertThat(shown).isNotSameAs(second).isEqualTo(shown);
        assertThat(shown.hashCode()).isEqualTo(shown.hashCode());
        assertThat(shown.toString()).contains("Heard");
    }

    @Test
    void failuresAreWhatTheyWere() {
        endPoint().fillInterested(new Told());
        assertThatThrownBy(() -> endPoint().fillInterested(new Told())).isInstanceOf(ReadPendingException.class);
    }

    @Test
    void whatIsMissingIsNoticedBefore() throws ReflectiveOperationException {
        other.check(EndPoint.class);
        other.check(other.type(Connection.class.getName()));
        assertThatThrownBy(() -> other.check(org.eclipse.jetty.client.Connection.class))
                .isInstanceOf(ClassNotFoundException.class);
    }
}
