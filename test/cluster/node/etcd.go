package main

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
	genericapiserver "k8s.io/apiserver/pkg/server"
)

// newEtcdCommand runs one etcd member that never syncs to the disk: what a crash of the machine loses is a test.
func newEtcdCommand() *cobra.Command {
	var dataDir, client, peer string
	command := &cobra.Command{
		Use:          "etcd",
		SilenceUsage: true,
		RunE: func(*cobra.Command, []string) error {
			return runEtcd(dataDir, client, peer)
		},
	}
	command.Flags().StringVar(&dataDir, "data-dir", "", "folder of the store")
	command.Flags().StringVar(&client, "listen-client-url", "http://127.0.0.1:2379", "where clients connect")
	command.Flags().StringVar(&peer, "listen-peer-url", "http://127.0.0.1:2380", "where members would connect")
	return command
}

func runEtcd(dataDir, client, peer string) error {
	clientURL, err := url.Parse(client)
	if err != nil {
		return err
	}
	peerURL, err := url.Parse(peer)
	if err != nil {
		return err
	}
	config := embed.NewConfig()
	config.Dir = dataDir
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*clientURL}, []url.URL{*clientURL}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{*peerURL}, []url.URL{*peerURL}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.UnsafeNoFsync = true
	config.LogLevel = "warn"
	// Zero, the default of this package but not of the etcd command, logs every request.
	config.WarningUnaryRequestDuration = embed.DefaultWarningUnaryRequestDuration
	// A member alone elects itself: nothing is gained by waiting for others.
	config.TickMs, config.ElectionMs = 20, 200
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer etcd.Close()
	select {
	case <-etcd.Server.ReadyNotify():
	case <-time.After(time.Minute):
		return errors.New("etcd is not ready after a minute")
	}
	fmt.Println("ready")
	stop := genericapiserver.SetupSignalHandler()
	select {
	case <-stop:
		return nil
	case err := <-etcd.Err():
		return err
	case <-etcd.Server.StopNotify():
		return errors.New("etcd stopped by itself")
	}
}
