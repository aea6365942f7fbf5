package io.llmproxy.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

final class HiddenMemberTest {
    private final Logger log = (Logger) LoggerFactory.getLogger(HiddenMember.class);
    private final ListAppender<ILoggingEvent> written = new ListAppender<>();

    @SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // They are reached by their names.
    private static final class Owner {
        private final String word = "kept";
        private boolean done;

        private void act() {
            done = true;
        }
    }

    @BeforeEach
    void listen() {
        written.start();
        log.addAppender(written);
    }

    @AfterEach
    void stopListening() {
        log.detachAppender(written);
    }

    @Test
    void aPrivateMethodIsCalled() throws Throwable {
        Owner owner = new Owner();

        MethodHandle action = Objects.requireNonNull(HiddenMember.action(Owner.class, "act", "stands still"));

        action.invoke(owner);
        assertThat(owner.done).isTrue();
        assertThat(written.list).isEmpty();
    }

    @Test
    void aPrivateFieldIsRead() throws Throwable {
        MethodHandle getter =
                Objects.requireNonNull(HiddenMember.getter(Owner.class, "word", String.class, "keeps silent"));

        assertThat(getter.invoke(new Owner())).isEqualTo("kept");
        assertThat(written.list).isEmpty();
    }

    @Test
    void aMethodThatIsGoneCostsOneWarning() {
        assertThat(HiddenMember.action(Owner.class, "gone", "stands still")).isNull();

        assertOneWarning("Owner.gone; it stands still");
    }

    @Test
    void aFieldThatIsGoneCostsOneWarning() {
        assertThat(HiddenMember.getter(Owner.class, "gone", String.class, "keeps silent"))
                .isNull();

        assertOneWarning("Owner.gone; it keeps silent");
    }

    @Test
    void aFieldOfAnotherTypeCostsOneWarning() {
        assertThat(HiddenMember.getter(Owner.class, "word", Integer.class, "keeps silent"))
                .isNull();

        assertOneWarning("Owner.word; it keeps silent");
    }

    private void assertOneWarning(String end) {
        assertThat(written.list).singleElement().satisfies(event -> {
            assertThat(event.getLevel()).isEqualTo(Level.WARN);
            assertThat(event.getFormattedMessage()).startsWith("Jetty 12.").endsWith(end);
        });
    }
}
