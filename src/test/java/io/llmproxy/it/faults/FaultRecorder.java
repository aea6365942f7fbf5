package io.llmproxy.it.faults;

import io.llmproxy.testing.Deployment.Kind;
import java.lang.reflect.Method;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/** Enters in the scorecard how each test went. The scorecard is closed, and written, when the last test of a class has ended. */
final class FaultRecorder implements InvocationInterceptor {
    private static final Namespace NAMESPACE = Namespace.create(FaultRecorder.class);

    @Override
    public void interceptTestTemplateMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> test, ExtensionContext context)
            throws Throwable {
        Scorecard scorecard = context.getRoot().getStore(NAMESPACE).getOrComputeIfAbsent(Scorecard.class);
        Kind kind = (Kind) test.getArguments().get(0);
        // One that hangs is given up without an end of its own: it has not passed.
        scorecard.enter(test.getExecutable(), kind, false);
        invocation.proceed();
        scorecard.enter(test.getExecutable(), kind, true);
    }
}
