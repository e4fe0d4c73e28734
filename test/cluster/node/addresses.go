package main

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
)

// An addressGiver does what a cloud's load balancer controller does: it writes an address of its range into the status
// of each Service of type LoadBalancer. kube-proxy then serves the address on this host.
type addressGiver struct {
	client   kubernetes.Interface
	services corelisters.ServiceLister
	queue    workqueue.TypedRateLimitingInterface[string]
	recorder record.EventRecorder
	pool     netip.Prefix
	// given holds what was written and may not have come back from the API server yet.
	given map[types.UID]netip.Addr
}

func newAddressesCommand() *cobra.Command {
	var kubeconfig, pool string
	command := &cobra.Command{
		Use:          "addresses",
		SilenceUsage: true,
		RunE: func(*cobra.Command, []string) error {
			return runAddresses(kubeconfig, pool)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how to reach the API server")
	command.Flags().StringVar(&pool, "pool", "198.18.0.0/24", "addresses to give; the upper half only on request")
	return command
}

func runAddresses(kubeconfig, pool string) error {
	prefix, err := netip.ParsePrefix(pool)
	if err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 200, 400
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	informer := factory.Core().V1().Services()
	giver := newAddressGiver(client, informer.Lister(), prefix)
	enqueue := func(object any) {
		if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
			giver.queue.Add(key)
		}
	}
	registration, err := informer.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    enqueue,
		UpdateFunc: func(_, object any) { enqueue(object) },
		// A freed address may be what another Service asked for.
		DeleteFunc: func(any) { giver.enqueueAll() },
	})
	if err != nil {
		return err
	}
	stop := genericapiserver.SetupSignalHandler()
	factory.Start(stop)
	if !cache.WaitForCacheSync(stop, registration.HasSynced) {
		return nil
	}
	go func() {
		<-stop
		giver.queue.ShutDown()
	}()
	giver.work()
	return nil
}

func newAddressGiver(client kubernetes.Interface, services corelisters.ServiceLister, pool netip.Prefix) *addressGiver {
	broadcaster := record.NewBroadcaster()
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[string](10*time.Millisecond, 5*time.Second)
	return &addressGiver{
		client:   client,
		services: services,
		queue:    workqueue.NewTypedRateLimitingQueue(limiter),
		recorder: broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "addresses"}),
		pool:     pool,
		given:    map[types.UID]netip.Addr{},
	}
}

func (g *addressGiver) work() {
	for {
		key, quit := g.queue.Get()
		if quit {
			return
		}
		if err := g.sync(key); err != nil {
			g.queue.AddRateLimited(key)
		} else {
			g.queue.Forget(key)
		}
		g.queue.Done(key)
	}
}

func (g *addressGiver) enqueueAll() {
	services, err := g.services.List(labels.Everything())
	if err != nil {
		return
	}
	for _, service := range services {
		g.queue.Add(service.Namespace + "/" + service.Name)
	}
}

func (g *addressGiver) sync(key string) error {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return nil
	}
	service, err := g.services.Services(namespace).Get(name)
	if errors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if service.Spec.Type != corev1.ServiceTypeLoadBalancer || service.Spec.LoadBalancerClass != nil {
		delete(g.given, service.UID)
		return g.write(service, nil)
	}
	address, refusal := g.choose(service)
	if refusal != "" {
		g.recorder.Event(service, corev1.EventTypeWarning, "AddressRefused", refusal)
		delete(g.given, service.UID)
		return g.write(service, nil)
	}
	g.given[service.UID] = address
	mode := corev1.LoadBalancerIPModeVIP
	return g.write(service, []corev1.LoadBalancerIngress{{IP: address.String(), IPMode: &mode}})
}

// choose gives the address that the Service is to have, or why it can have none.
func (g *addressGiver) choose(service *corev1.Service) (netip.Addr, string) {
	taken, err := g.takenByOthers(service)
	if err != nil {
		return netip.Addr{}, err.Error()
	}
	if requested := service.Spec.LoadBalancerIP; requested != "" {
		address, err := netip.ParseAddr(requested)
		switch {
		case err != nil || !g.pool.Contains(address):
			return netip.Addr{}, fmt.Sprintf("%s is not in %s", requested, g.pool)
		case taken[address]:
			return netip.Addr{}, fmt.Sprintf("%s belongs to another Service", requested)
		}
		return address, ""
	}
	if address, found := g.given[service.UID]; found && !taken[address] {
		return address, ""
	}
	if address := statusAddress(service); g.pool.Contains(address) && !taken[address] {
		return address, ""
	}
	lowerHalf := netip.PrefixFrom(g.pool.Addr(), g.pool.Bits()+1)
	for address := g.pool.Addr().Next(); lowerHalf.Contains(address); address = address.Next() {
		if !taken[address] {
			return address, ""
		}
	}
	return netip.Addr{}, fmt.Sprintf("no address of %s is free", lowerHalf)
}

func (g *addressGiver) takenByOthers(service *corev1.Service) (map[netip.Addr]bool, error) {
	others, err := g.services.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	taken := map[netip.Addr]bool{}
	exists := map[types.UID]bool{}
	for _, other := range others {
		exists[other.UID] = true
		if address := statusAddress(other); other.UID != service.UID && address.IsValid() {
			taken[address] = true
		}
	}
	for uid, address := range g.given {
		switch {
		case !exists[uid]:
			delete(g.given, uid)
		case uid != service.UID:
			taken[address] = true
		}
	}
	return taken, nil
}

func statusAddress(service *corev1.Service) netip.Addr {
	for _, ingress := range service.Status.LoadBalancer.Ingress {
		if address, err := netip.ParseAddr(ingress.IP); err == nil {
			return address
		}
	}
	return netip.Addr{}
}

func (g *addressGiver) write(service *corev1.Service, ingress []corev1.LoadBalancerIngress) error {
	var wanted netip.Addr
	if len(ingress) > 0 {
		wanted = netip.MustParseAddr(ingress[0].IP)
	}
	if statusAddress(service) == wanted {
		return nil
	}
	updated := service.DeepCopy()
	updated.Status.LoadBalancer.Ingress = ingress
	_, err := g.client.CoreV1().Services(service.Namespace).UpdateStatus(context.Background(), updated, metav1.UpdateOptions{})
	if errors.IsNotFound(err) {
		return nil
	}
	return err
}
